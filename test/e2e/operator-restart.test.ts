// The operator killed at any time and started again: instances under creation converge, with
// exactly one set of children each, and instances that serve go on serving without it.
import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  CLAIM,
  DEPLOYMENT,
  POD,
  SECRET,
  SERVICE,
  SERVICE_ACCOUNT,
} from '../../operator/api/resources.ts';
import { useGround } from './support/ground.ts';
import { killContainer } from './support/node.ts';
import { eventually } from './support/patience.ts';
import { report, stopwatch } from './support/report.ts';
import { TheOperator } from './support/the-operator.ts';

const ground = useGround('operator-restart');
const INSTANCES = ['one', 'two', 'three', 'four'];
const KILLS = 6;
const KILL_PAUSE_MS_MAX = 2_500;
let operator: TheOperator;

beforeAll(() => {
  operator = new TheOperator(ground().cluster);
});

afterEach(() => operator.comeBack());

/** Kills the operator's process, or takes its pod away, whichever comes. */
async function killOperator(): Promise<void> {
  const [pod] = await operator.pods();
  const isRunning = pod?.status?.containerStatuses?.[0]?.state?.running !== undefined;
  if (pod === undefined || !isRunning || randomInt(2) === 0) await operator.kill();
  // the container may have ended between the look and the kill
  else await killContainer(ground().cluster, pod).catch(() => operator.kill());
}

/** The names of an instance's children by their kinds. */
async function childrenOf(instance: string): Promise<Record<string, string[]>> {
  const kinds = [CLAIM, DEPLOYMENT, SERVICE, SERVICE_ACCOUNT, SECRET, POD];
  const rows = kinds.map(async (type) => {
    const children = (await ground().list(type)).filter(
      ({ metadata }) => metadata.labels?.['dumbkv.dev/instance'] === instance,
    );
    return [type.kind, children.map(({ metadata }) => metadata.name).sort()];
  });
  return Object.fromEntries(await Promise.all(rows));
}

describe('killed while instances are made', () => {
  it('converges, with one set of children for each', async () => {
    const took = stopwatch();
    const pausesMs: number[] = [];
    const making = INSTANCES.map(async (name) => {
      await pause(randomInt(KILLS * KILL_PAUSE_MS_MAX));
      await ground().applyDumbkv(name);
    });
    for (let kill = 0; kill < KILLS; kill += 1) {
      const pauseMs = randomInt(KILL_PAUSE_MS_MAX);
      pausesMs.push(pauseMs);
      await pause(pauseMs);
      await killOperator();
    }
    await Promise.all(making);
    took(`${INSTANCES.length} instances asked for, the operator killed after ${pausesMs} ms`);
    for (const name of INSTANCES) await ground().untilReady(name);
    took('from the first asked for until all are Ready');
    report(`the operator's restarts: ${JSON.stringify(await operator.restarts())}`);
    for (const name of INSTANCES) {
      expect(await childrenOf(name)).toEqual({
        PersistentVolumeClaim: [`${name}-data`],
        Deployment: [name],
        Service: [name],
        ServiceAccount: [name],
        Secret: [`${name}-sealing`, `${name}-token`],
        Pod: [expect.stringMatching(new RegExp(`^${name}-[0-9a-z]+-[0-9a-z]+$`))],
      });
    }
  });

  it('has given each instance the key that its claim names, and data can be stored', async () => {
    for (const name of INSTANCES) {
      const [claim, secret] = await Promise.all([
        ground().get(CLAIM, `${name}-data`),
        ground().get(SECRET, `${name}-sealing`),
      ]);
      const marks = ['dumbkv.dev/sealing-key-fingerprint', 'dumbkv.dev/owner-uid'];
      for (const mark of marks) {
        expect(claim.metadata.annotations[mark]).toBe(secret.metadata.annotations[mark]);
      }
      const instance = await ground().instance(name);
      await instance.put('name', name);
      expect(await instance.get('name')).toBe(name);
    }
  });
});

describe('away', () => {
  it('is not missed by instances that serve', async () => {
    await operator.leave();
    const instance = await ground().instance('one');
    await instance.put('written', 'without an operator');
    const pod = await ground().podOf('one');
    await ground().output(['delete', 'pod', pod.metadata.name]);
    const took = stopwatch();
    const read = () => instance.get('written');
    await eventually('it serves again', async () => {
      const { metadata, status } = await ground().podOf('one');
      return metadata.uid !== pod.metadata.uid && status.containerStatuses?.[0]?.ready;
    });
    await eventually('the Service leads to it', async () => (await read()) !== undefined);
    took('without the operator a deleted pod was replaced after');
    expect(await read()).toBe('without an operator');
  });

  it('does on its return what was asked meanwhile', async () => {
    await operator.leave();
    await ground().applyDumbkv('five');
    await ground().output(['delete', 'service', 'two']);
    await ground().output(['delete', 'dumbkv', 'three']);
    const took = stopwatch();
    await operator.comeBack();
    took('the operator is back after');
    await eventually('the Service is back', async () => ground().find(SERVICE, 'two'));
    await ground().untilReady('five');
    await ground().untilReady('two');
    took('what was asked meanwhile is done after');
    await ground().untilGone(DEPLOYMENT, 'three');
    expect(await ground().find(CLAIM, 'three-data')).toBeDefined();
  });
});
