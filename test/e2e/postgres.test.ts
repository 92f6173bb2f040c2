// Postgres: one that the operator runs, with several server pods that come and go without a failed
// request, and one that somebody else runs, whose address may change.
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, POD, SECRET, STATEFUL_SET } from '../../operator/api/resources.ts';
import { clusterTool } from './support/cluster.ts';
import { useGround } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { report, seconds, stopwatch } from './support/report.ts';
import { Writers } from './support/writers.ts';

const ground = useGround('postgres');
/** Debian's version, which `test/kind/cluster postgres` makes where it cannot be pulled. */
const IMAGE = 'docker.io/library/postgres:15-bookworm';
const managed = {
  engine: 'postgres',
  replicas: 2,
  postgres: { type: 'Managed', managed: { image: IMAGE, parameters: { work_mem: '5MB' } } },
};

beforeAll(async () => {
  await clusterTool('postgres', ground().cluster.name);
});

/** As the administrator, in the container of the Postgres. */
const psql = (statement: string): Promise<string> =>
  ground().output([
    ...['exec', 'orders-postgres-0', '--', 'psql', '-U', 'postgres', '-Atc', statement],
  ]);

const isReady = ({ status }: Awaited<ReturnType<ReturnType<typeof ground>['get']>>) =>
  status?.readyReplicas === status?.replicas && (status?.readyReplicas ?? 0) > 0;

describe('a Postgres that the operator runs', () => {
  beforeAll(async () => {
    const took = stopwatch();
    await ground().applyDumbkv('orders', managed);
    await ground().untilReady('orders');
    took('from apply to Ready, two servers on a Postgres');
  });

  it('serves several pods, which see the same', async () => {
    const orders = await ground().instance('orders');
    await orders.put('written', 'once');
    const pods = await ground().podsOf('orders');
    expect(pods).toHaveLength(2);
    for (const { status } of pods) {
      expect(await orders.at(`http://${status.podIP}:8000`).get('written')).toBe('once');
    }
    const conditions = await ground().conditions('orders');
    expect(conditions.DatabaseReady).toMatchObject({ status: 'True', reason: 'DatabaseAnswers' });
    expect(conditions.StorageReady?.status).toBe('True');
  });

  it('takes parameters, and none that lose writes', async () => {
    const asked = ['work_mem', 'fsync', 'synchronous_commit'];
    const shown = await Promise.all(asked.map((name) => psql(`SHOW ${name}`)));
    expect(shown.map((line) => line.trim())).toEqual(['5MB', 'on', 'on']);
    const { code, stderr } = await ground().kubectl([
      ...['patch', 'dumbkv', 'orders', '--type=merge', '-p'],
      JSON.stringify({ spec: { postgres: { managed: { parameters: { fsync: 'off' } } } } }),
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('parameters cannot set what keeps acknowledged writes');
  });

  it('is rolled to another pod template without a failed request', async () => {
    const writers = new Writers(await ground().instance('orders'));
    await writers.untilFurther(50);
    const before = (await ground().podsOf('orders')).map(({ metadata }) => metadata.uid);
    await ground().change(DUMBKV, 'orders', {
      spec: { resources: { limits: { memory: '600Mi' } } },
    });
    await eventually('both pods are new and ready', async () => {
      const pods = await ground().podsOf('orders');
      const isNew = pods.every(({ metadata }) => !before.includes(metadata.uid));
      return isNew && pods.length === 2 && isReady(await ground().get(DEPLOYMENT, 'orders'));
    });
    await writers.untilFurther(50);
    await writers.stop();
    const audit = await writers.audit();
    report(`rolled with ${audit.acknowledged} writes acknowledged, ${audit.uncertain} failed`);
    expect(audit).toMatchObject({ missing: [], wrong: [], uncertain: 0 });
  });

  it('loses no acknowledged write when its Postgres is taken away', async () => {
    const writers = new Writers(await ground().instance('orders'));
    await writers.untilFurther(50);
    writers.takeLongestSilenceMs();
    await ground().remove(POD, 'orders-postgres-0');
    await eventually('Postgres is back', async () =>
      isReady(await ground().get(STATEFUL_SET, 'orders-postgres')),
    );
    await writers.untilFurther(50);
    report(`Postgres taken away: longest silence ${seconds(writers.takeLongestSilenceMs())}`);
    await writers.stop();
    expect(await writers.audit()).toMatchObject({ missing: [], wrong: [] });
    await ground().untilReady('orders');
  });

  it('sleeps with all its pods, and wakes with its data', async () => {
    const orders = await ground().instance('orders');
    await orders.put('before sleep', 'kept');
    await ground().change(DUMBKV, 'orders', { spec: { suspended: true } });
    await ground().untilShows('orders', 'Suspended');
    await eventually('no pod is left', async () => {
      const { items } = JSON.parse(await ground().output(['get', 'pods', '-o', 'json']));
      const names = items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
      return names.filter((name: string) => name.startsWith('orders-')).length === 0;
    });
    await ground().change(DUMBKV, 'orders', { spec: { suspended: false } });
    await ground().untilReady('orders');
    expect(await orders.get('before sleep')).toBe('kept');
  });

  it('takes a password that is changed in its Secret, without a start', async () => {
    const { metadata } = await ground().get(POD, 'orders-postgres-0');
    const password = `changed-${Date.now()}`;
    const host = `orders-postgres.${ground().namespace}.svc`;
    const url = `postgres://dumbkv:${password}@${host}:5432/dumbkv`;
    await ground().change(SECRET, 'orders-postgres', { stringData: { password, url } });
    const asServer = ['psql', '-h', '127.0.0.1', '-U', 'dumbkv', '-Atc', 'SELECT 1'];
    await eventually('Postgres has taken it', () =>
      ground().output([
        ...['exec', 'orders-postgres-0', '--', 'env', `PGPASSWORD=${password}`, ...asServer],
      ]),
    );
    await eventually('every server has followed', async () => {
      const pods = await ground().podsOf('orders');
      const logs = pods.map((pod) => ground().output(['logs', pod.metadata.name]));
      return (await Promise.all(logs)).every((log) =>
        log.includes('the location of the database has changed'),
      );
    });
    const orders = await ground().instance('orders');
    await orders.put('after the change', 'kept');
    expect((await ground().get(POD, 'orders-postgres-0')).metadata.uid).toBe(metadata.uid);
    expect((await ground().podsOf('orders')).map(({ status }) => status.containerStatuses)).toEqual(
      [
        [expect.objectContaining({ restartCount: 0 })],
        [expect.objectContaining({ restartCount: 0 })],
      ],
    );
  });

  it('makes a new password where the Secret is gone, and goes on', async () => {
    const before = await ground().secretText('orders-postgres', 'password');
    await ground().remove(SECRET, 'orders-postgres');
    await ground().change(DUMBKV, 'orders', { metadata: { annotations: { look: 'again' } } });
    await eventually('there is another password', async () => {
      const now = await ground()
        .secretText('orders-postgres', 'password')
        .catch(() => undefined);
      return now !== undefined && now !== before;
    });
    const orders = await ground().instance('orders');
    await eventually('a write goes through with the new one', async () => {
      await orders.put('after', 'the new password');
      return true;
    });
    expect(await orders.get('before sleep')).toBe('kept');
  });
});

describe("somebody else's Postgres", () => {
  const external = {
    engine: 'postgres',
    replicas: 2,
    postgres: { type: 'External', external: { urlSecretRef: { name: 'legacy-database' } } },
  };
  const secretFor = (url: string) => ({
    metadata: { name: 'legacy-database', labels: { 'dumbkv.dev/instance': 'legacy' } },
    stringData: { url },
  });

  it('is waited for until its Secret is there, and then used', async () => {
    await ground().untilReady('orders');
    await ground().applyDumbkv('legacy', external);
    await ground().untilShows('legacy', 'DatabaseSecretMissing');
    // the database of the other instance's Postgres that nobody uses
    const password = await ground().secretText('orders-postgres', 'password');
    await psql('CREATE DATABASE legacy OWNER dumbkv');
    const host = `orders-postgres.${ground().namespace}.svc`;
    await ground().make(SECRET, secretFor(`postgres://dumbkv:${password}@${host}:5432/legacy`));
    await ground().untilReady('legacy');
    const legacy = await ground().instance('legacy');
    await legacy.put('written', 'elsewhere');
    expect(await legacy.get('written')).toBe('elsewhere');
    expect(await (await ground().instance('orders')).get('written')).not.toBe('elsewhere');
  });

  it('is followed to another address without a failed request', async () => {
    const writers = new Writers(await ground().instance('legacy'));
    await writers.untilFurther(30);
    const password = await ground().secretText('orders-postgres', 'password');
    const { status } = await ground().get(POD, 'orders-postgres-0');
    const url = `postgres://dumbkv:${password}@${status.podIP}:5432/legacy`;
    await ground().change(SECRET, 'legacy-database', { stringData: { url } });
    const pods = await ground().podsOf('legacy');
    await eventually('every server has followed', async () => {
      const logs = pods.map(({ metadata }) => ground().output(['logs', metadata.name]));
      const follows = (await Promise.all(logs)).map((log) =>
        log.includes('the location of the database has changed'),
      );
      return follows.every(Boolean);
    });
    await writers.untilFurther(30);
    await writers.stop();
    expect(await writers.audit()).toMatchObject({ missing: [], wrong: [], uncertain: 0 });
  });

  it('is not exchanged for an empty one: the old pods serve on, new ones refuse', async () => {
    const { url } = (await ground().get(SECRET, 'legacy-database')).data;
    const home = Buffer.from(url, 'base64').toString();
    await psql('CREATE DATABASE vacant OWNER dumbkv');
    const legacy = await ground().instance('legacy');
    const before = (await ground().podsOf('legacy')).map(({ metadata }) => metadata.uid);
    const vacant = home.replace(/legacy$/, 'vacant');
    await ground().change(SECRET, 'legacy-database', { stringData: { url: vacant } });
    await ground().change(DUMBKV, 'legacy', {
      spec: { resources: { limits: { memory: '600Mi' } } },
    });
    const { message } = await ground().untilShows('legacy', 'StoreMissing', 'Stalled');
    expect(message).toContain('database or volume');
    await ground().untilShows('legacy', 'StoreMissing', 'DatabaseReady');
    const pods = (await ground().podsOf('legacy')).map(({ metadata }) => metadata.uid);
    expect(pods).toEqual(expect.arrayContaining(before));
    await legacy.put('meanwhile', 'kept');
    expect(await legacy.get('written')).toBe('elsewhere');
    const tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    const inVacant = ['exec', 'orders-postgres-0', '--', 'psql', '-U', 'postgres', '-d', 'vacant'];
    expect((await ground().output([...inVacant, '-Atc', tables])).trim()).toBe('0');
    await ground().change(SECRET, 'legacy-database', { stringData: { url: home } });
    await ground().untilReady('legacy');
    expect(await (await ground().instance('legacy')).get('meanwhile')).toBe('kept');
  });
});
