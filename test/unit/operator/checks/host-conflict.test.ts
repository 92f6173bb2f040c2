// Who gets a host that several ask for: who has it, then the older one; and what the others hear of
// it.
import { describe, expect, it } from 'vitest';
import { byRight, type Claimant, hostConflict } from '../../../../operator/checks/host-conflict.ts';

const claimant = (name: string, second: number, namespace = 'shop'): Claimant => ({
  ...{ namespace, name },
  creationTimestamp: `2030-01-01T00:00:0${second}Z`,
});
const claims = [{ key: 'ingress/a', shown: 'Host "a"' }];
const orders = claimant('orders', 5);
const has = (one: Claimant, second: number): Claimant => ({
  ...one,
  since: `2030-01-01T00:00:0${second}Z`,
});

describe('the order', () => {
  it.each([
    ['the older one', claimant('z', 1), claimant('a', 2)],
    ['of two of one second the first namespace', claimant('z', 1, 'a'), claimant('a', 1, 'b')],
    ['then the first name', claimant('a', 1), claimant('b', 1)],
    ['who has it, however young', has(claimant('z', 9), 9), claimant('a', 1)],
    ['who has had it longer', has(claimant('z', 2), 3), has(claimant('a', 1), 4)],
    [
      'of two that have had it as long the older',
      has(claimant('z', 1), 5),
      has(claimant('a', 2), 5),
    ],
  ])('puts first %s', (_sentence, first, second) => {
    expect([second, first].sort(byRight)).toEqual([first, second]);
    expect([first, second].sort(byRight)).toEqual([first, second]);
  });
});

describe('the conflict', () => {
  it.each([undefined, orders])('is none where the holder is %o', (holder) => {
    expect(hostConflict(orders, claims, () => holder)).toBeUndefined();
  });

  it('names the other of the same namespace', () => {
    expect(hostConflict(orders, claims, () => claimant('older', 1))).toEqual({
      reason: 'HostConflict',
      message:
        'Host "a" belongs to DumbKV "older", which came first. Choose another host; if the ' +
        'other gives it up, this one gets it.',
    });
  });

  it('tells nothing of one of another namespace, even of the same name', () => {
    const problem = hostConflict(orders, claims, () => claimant('orders', 1, 'secret-team'));
    expect(problem?.message).toContain('belongs to a DumbKV of another namespace');
    expect(problem?.message).not.toContain('secret-team');
    expect(problem?.message).not.toContain('orders');
  });

  it('is about the first host that is taken', () => {
    const both = [{ key: 'free', shown: 'Host "free"' }, ...claims];
    const holderOf = (key: string) => (key === 'free' ? orders : claimant('older', 1));
    expect(hostConflict(orders, both, holderOf)?.message).toMatch(/^Host "a"/);
  });
});
