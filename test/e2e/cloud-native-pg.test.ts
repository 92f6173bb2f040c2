// A Postgres that the real CloudNativePG runs: three instances, one of them synchronous. The
// primary is taken away under load, and no write that was acknowledged may be lost with it.
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, POD, POSTGRES_CLUSTER, SECRET } from '../../operator/api/resources.ts';
import type { ApiObject } from '../support/control-plane-client.ts';
import { clusterTool } from './support/cluster.ts';
import { useGround } from './support/ground.ts';
import { eventually, LONG_PATIENCE_MS } from './support/patience.ts';
import { report, seconds, stopwatch } from './support/report.ts';
import { Writers } from './support/writers.ts';

const ground = useGround('cloud-native-pg');
const NAME = 'orders-postgres';
const ON_CLUSTER = {
  engine: 'postgres',
  replicas: 2,
  storage: { size: '512Mi' },
  postgres: { type: 'CloudNativePG', cloudNativePG: { parameters: { work_mem: '5MB' } } },
};
/** What a failover takes at most; a slow machine is waited for ten times as long. */
const FAILOVER_MS = 30_000;

beforeAll(async () => {
  await clusterTool('cnpg', ground().cluster.name);
});

const cluster = (): Promise<ApiObject> => ground().get(POSTGRES_CLUSTER, NAME);
const primary = async (): Promise<string> => (await cluster()).status.currentPrimary;

/** As the administrator, on the primary. */
const psql = async (statement: string): Promise<string> => {
  const call = ['psql', '-U', 'postgres', '-d', 'dumbkv', '-Atc', statement];
  const pod = [await primary(), '-c', 'postgres', '--'];
  return (await ground().output(['exec', ...pod, ...call])).trim();
};

/** Waits until all three instances are there and well. */
const untilWhole = () =>
  eventually(
    'all instances are ready',
    async () => {
      const { DatabaseReady } = await ground().conditions('orders');
      if (DatabaseReady?.reason === 'DatabaseAnswers') return true;
      throw new Error(`it is ${JSON.stringify(DatabaseReady)}`);
    },
    LONG_PATIENCE_MS,
  );

/** Each server's pod with how often it was started anew. */
const serversNow = async () =>
  (await ground().podsOf('orders'))
    .map(({ metadata, status }) => [metadata.uid, status.containerStatuses[0].restartCount])
    .sort();

/** Something happens to the primary under load; gives how long no write was acknowledged. */
async function underLoad(happens: (pod: string) => Promise<unknown>): Promise<number> {
  const writers = new Writers(await ground().instance('orders'));
  await writers.untilFurther(100);
  writers.takeLongestSilenceMs();
  await happens(await primary());
  await writers.untilFurther(100);
  const silenceMs = writers.takeLongestSilenceMs();
  await writers.stop();
  const audit = await writers.audit();
  report(`${audit.acknowledged} writes acknowledged, ${audit.uncertain} of unknown outcome`);
  expect(audit).toMatchObject({ missing: [], wrong: [] });
  return silenceMs;
}

describe('a Postgres that CloudNativePG runs', () => {
  beforeAll(async () => {
    const took = stopwatch();
    await ground().applyDumbkv('orders', ON_CLUSTER);
    await eventually(
      'it is Ready',
      async () => (await ground().conditions('orders')).Ready?.status === 'True',
      LONG_PATIENCE_MS,
    );
    took('from apply to Ready, two servers on a Cluster');
    await untilWhole();
    took('from apply to all three instances ready');
  });

  it('has what keeps writes, and the parameters of the spec', async () => {
    const asked = ['work_mem', 'fsync', 'synchronous_commit', 'synchronous_standby_names'];
    const shown = await Promise.all(asked.map((name) => psql(`SHOW ${name}`)));
    expect(shown.slice(0, 3)).toEqual(['5MB', 'on', 'on']);
    expect(shown[3]).toMatch(/^ANY 1 \(/);
    const { status } = await ground().get(DUMBKV, 'orders');
    expect(status).toMatchObject({ readyReplicas: 2, deletionPolicy: 'Retain' });
  });

  it('is left alone when nothing changes', async () => {
    const { generation } = (await cluster()).metadata;
    await ground().change(DUMBKV, 'orders', { metadata: { annotations: { look: 'again' } } });
    await ground().untilReady('orders');
    expect((await cluster()).metadata.generation).toBe(generation);
  });

  it('loses no acknowledged write with its primary, and writes again soon', async () => {
    const store = () => psql('SELECT store_id, incarnation FROM store');
    const [servers, identity, former] = [await serversNow(), await store(), await primary()];
    const silenceMs = await underLoad(async (pod) => {
      await ground().remove(POD, pod);
      const isReplaced = async () => {
        const { currentPrimary, targetPrimary } = (await cluster()).status;
        return currentPrimary !== former && currentPrimary === targetPrimary;
      };
      await eventually('another instance is the primary', isReplaced, FAILOVER_MS * 10);
    });
    report(`primary taken away: longest silence ${seconds(silenceMs)}`);
    expect(silenceMs).toBeLessThan(FAILOVER_MS * 10);
    // nothing was lost, so no server may begin anew
    expect(await serversNow()).toEqual(servers);
    expect(await store()).toBe(identity);
    await untilWhole();
  });

  it('loses none either when the processes of the primary are killed', async () => {
    const servers = await serversNow();
    const silenceMs = await underLoad((pod) =>
      ground().kubectl(['exec', pod, '-c', 'postgres', '--', 'sh', '-c', 'kill -9 -1']),
    );
    report(`processes of the primary killed: longest silence ${seconds(silenceMs)}`);
    expect(await serversNow()).toEqual(servers);
    await untilWhole();
  });

  it('rests after its servers, and wakes with its data', async () => {
    const orders = await ground().instance('orders');
    await orders.put('before sleep', 'kept');
    await ground().change(DUMBKV, 'orders', { spec: { suspended: true } });
    await ground().untilShows('orders', 'Suspended');
    await eventually(
      'no pod is left',
      async () => {
        const pods = await ground().list(POD);
        return pods.every(({ metadata }) => !metadata.name.startsWith('orders-'));
      },
      LONG_PATIENCE_MS,
    );
    await ground().change(DUMBKV, 'orders', { spec: { suspended: false } });
    await untilWhole();
    await ground().untilReady('orders');
    expect(await orders.get('before sleep')).toBe('kept');
  });

  it('outlives the instance, and is adopted with its data', async () => {
    const { uid } = (await cluster()).metadata;
    await ground().output(['delete', 'dumbkv', 'orders', '--wait']);
    await ground().untilGone(DEPLOYMENT, 'orders');
    expect((await cluster()).metadata.uid).toBe(uid);
    await ground().applyDumbkv('orders', { ...ON_CLUSTER, deletionPolicy: 'Delete' });
    // its token is another one, and until they are gone the former pods know the former one alone
    await eventually('it serves what it had', async () => {
      return (await (await ground().instance('orders')).get('before sleep')) === 'kept';
    });
    await ground().untilReady('orders');
    expect((await cluster()).metadata.uid).toBe(uid);
  });

  it('goes with the instance under Delete, volumes and all', async () => {
    await ground().output(['delete', 'dumbkv', 'orders', '--wait']);
    await ground().untilGone(POSTGRES_CLUSTER, NAME);
    await ground().untilGone(SECRET, 'orders-sealing');
    await eventually('its volumes are gone', async () => {
      const { items } = JSON.parse(await ground().output(['get', 'pvc', '-o', 'json']));
      return items.length === 0;
    });
  });
});
