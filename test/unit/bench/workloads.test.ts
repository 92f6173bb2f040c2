// What is measured, and the command line that chooses of it.
import { expect, test } from 'vitest';
import { peersWith } from '../../bench/peers/peers.ts';
import { settingsOf } from '../../bench/settings.ts';
import { LONG, SHORT, secondsOf, workloadsOf } from '../../bench/workloads.ts';

const names = peersWith(true).map(({ name }) => name);

test.each([SHORT, LONG])('each workload has a name of its own and peers that exist', (form) => {
  const workloads = workloadsOf(form);
  expect(new Set(workloads.map(({ id }) => id)).size).toBe(workloads.length);
  for (const { peers } of workloads) expect(names).toEqual(expect.arrayContaining([...peers]));
});

test('a steady load comes after the maximum that it is a share of, with the same peers', () => {
  const workloads = workloadsOf(LONG);
  const steady = workloads.filter(({ load }) => 'shareOf' in load);
  expect(steady).toHaveLength(2);
  for (const { id, load, peers } of steady) {
    const of = workloads.findIndex((one) => 'shareOf' in load && one.id === load.shareOf);
    expect(of).toBeLessThan(workloads.findIndex((one) => one.id === id));
    expect(workloads[of]?.peers).toEqual(expect.arrayContaining([...peers]));
  }
});

test('the keys that are asked for are there, except where they are written', () => {
  for (const { operation, keys, keysAsked } of workloadsOf(LONG)) {
    if (operation !== 'write') expect(keysAsked).toBeLessThanOrEqual(keys);
  }
});

test('without a Postgres to start, those that need one are no peers', () => {
  const needing = ['postgres', 'one-by-one', 'postgres-few', 'fastify-pg'];
  expect(names.filter((name) => !peersWith(false).some((peer) => peer.name === name))).toEqual(
    needing,
  );
});

test('the time that runs take', () => {
  const [one] = workloadsOf(SHORT);
  const form = { ...SHORT, rounds: 3, seconds: 5, warmUpSeconds: 1 };
  expect(secondsOf(form, one ? [one] : [], ['dumbkv', 'etcd', 'nobody'])).toBe(36);
});

test('the short form is the usual one, and its parts can be set', () => {
  expect(settingsOf([]).form).toEqual(SHORT);
  expect(settingsOf(['--long']).form).toEqual(LONG);
  const chosen = settingsOf(['--rounds=2', '--seconds=3', '--peers=dumbkv,etcd']);
  expect(chosen.form).toEqual({ ...SHORT, rounds: 2, seconds: 3 });
  expect(chosen.peers).toEqual(['dumbkv', 'etcd']);
});

test('what cannot be meant is refused', () => {
  expect(() => settingsOf(['--seconds=0'])).toThrow('--seconds must be a whole number');
  expect(() => settingsOf(['--rounds=many'])).toThrow('--rounds must be a whole number');
  expect(() => settingsOf(['--fast'])).toThrow("Unknown option '--fast'");
});
