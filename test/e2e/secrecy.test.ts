// Secrets, at the end of all end-to-end tests: instances with canaries in each of their Secrets go
// through what makes programs talk, and nothing that the cluster, the logs or a report of the
// plugin shows holds one of them.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { CONFIG_MAP, POD, SECRET } from '../../operator/api/resources.ts';
import { kubectl } from '../support/control-plane-kubectl.ts';
import { plugin, realKubectl, useDirectory } from '../support/plugin-run.ts';
import { type SecretValue, shownIn } from '../support/shown-secrets.ts';
import { clusterTool, OPERATOR_NAMESPACE } from './support/cluster.ts';
import { useGround } from './support/ground.ts';
import { eventually } from './support/patience.ts';
import { report } from './support/report.ts';
import {
  environmentOf,
  heldBy,
  logsShown,
  objectsShown,
  operatorLog,
  shownSecrets,
} from './support/secrecy.ts';

const ground = useGround('secrecy');
const directory = useDirectory();
const IMAGE = 'docker.io/library/postgres:15-bookworm';
const INSTANCES = ['orders', 'guarded', 'legacy', 'ledger'];
const held: SecretValue[] = [];

/** What the Secrets hold now must not be seen later either. */
const remember = async () => void held.push(...(await heldBy(ground())));

const logOf = async (instance: string): Promise<string> => {
  const selector = `app.kubernetes.io/instance=${instance}`;
  return ground().output(['logs', '--selector', selector, '--all-containers', '--tail=-1']);
};

const untilLogged = (instance: string, words: RegExp) =>
  eventually(`${instance} logs ${words}`, async () => words.test(await logOf(instance)));

/** A Secret of the user's, for this instance. */
const userSecret = (instance: string, name: string, stringData: Record<string, string>) =>
  ground().make(SECRET, {
    ...{ metadata: { name, labels: { 'dumbkv.dev/instance': instance } }, stringData },
  });

/** Both of the operator's own, and a stranger's token; then a key that is none. */
async function muddleTheKey(): Promise<void> {
  const orders = await ground().instance('orders');
  await orders.put('kept', 'sealed');
  const presented = 'canary-presented-0123456789abcdef';
  held.push({ field: 'a token that is none of ours', text: presented });
  expect((await orders.withToken(presented).call('POST', { key: 'kept' })).status).toBe(401);
  const { data } = await ground().get(SECRET, 'orders-sealing');
  const stringData = { 'sealing-key': 'canary-sealing-key-0123456789abcdef' };
  await ground().change(SECRET, 'orders-sealing', { stringData });
  await remember();
  await ground().remove(POD, (await ground().podOf('orders')).metadata.name);
  await ground().touch('orders');
  await ground().untilShows('orders', 'SealingKeyMismatch', 'Stalled');
  await ground().change(SECRET, 'orders-sealing', { data });
  await ground().untilReady('orders');
}

/** Tokens of the user's, of which one line is wrong. */
async function spoilTheTokens(): Promise<void> {
  const lines = ['# canary-comment-0123456789abcdef', 'canary-guarded-0123456789abcdef'];
  await ground().change(SECRET, 'guarded-tokens', {
    stringData: { token: [...lines, 'canary-spoiled-0123456789abcdef read-everything'].join('\n') },
  });
  await remember();
  await ground().remove(POD, (await ground().podOf('guarded')).metadata.name);
  await untilLogged('guarded', /line 3 is not a token/);
}

/** A database that is not there, and an address that is none. */
async function misleadToTheDatabase(): Promise<void> {
  await untilLogged('legacy', /nowhere\.invalid/);
  const url = 'canary-no-address-0123456789abcdef';
  await ground().change(SECRET, 'legacy-database', { stringData: { url } });
  await remember();
  await ground().touch('legacy');
  await ground().untilShows('legacy', 'DatabaseSecretInvalid', 'Stalled');
}

/** Another password, while the database logs all that it is told. */
async function changeThePassword(): Promise<void> {
  const password = 'canary-password-0123456789abcdef';
  const host = `ledger-postgres.${ground().namespace}.svc`;
  const url = `postgres://dumbkv:${password}@${host}:5432/dumbkv`;
  await ground().change(SECRET, 'ledger-postgres', { stringData: { password, url } });
  await remember();
  await untilLogged('ledger', /the location of the database has changed/);
  await eventually('a write goes through with the new password', async () => {
    await (await ground().instance('ledger')).put('after', 'the change');
    return true;
  });
}

beforeAll(async () => {
  await clusterTool('postgres', ground().cluster.name);
  await userSecret('guarded', 'guarded-tokens', { token: 'canary-guarded-0123456789abcdef' });
  await userSecret('legacy', 'legacy-database', {
    url: 'postgres://canary-role:canary%2Fexternal-0123456789@nowhere.invalid:5432/none',
  });
  const talkative = { log_statement: 'all', log_min_duration_statement: '0' };
  const external = { urlSecretRef: { name: 'legacy-database' } };
  const tokenSecretRef = { name: 'guarded-tokens' };
  await Promise.all([
    ground().applyDumbkv('orders'),
    ground().applyDumbkv('guarded', { auth: { type: 'Token', tokenSecretRef } }),
    ground().applyDumbkv('legacy', {
      ...{ engine: 'postgres', postgres: { type: 'External', external } },
    }),
    ground().applyDumbkv('ledger', {
      engine: 'postgres',
      postgres: { type: 'Managed', managed: { image: IMAGE, parameters: talkative } },
    }),
  ]);
  for (const name of ['orders', 'guarded', 'ledger']) await ground().untilReady(name);
  await remember();
  await changeThePassword();
  await muddleTheKey();
  await misleadToTheDatabase();
  await spoilTheTokens();
});

/** What a report of the plugin says of an instance. */
async function reportOf(instance: string): Promise<string> {
  const archive = join(directory(), `${instance}.tar.gz`);
  const access = [
    ...[`--kubeconfig=${ground().cluster.kubeconfigPath}`, `--namespace=${ground().namespace}`],
  ];
  const program = realKubectl(directory());
  const { code, err } = await plugin(program, [
    ...['report', instance, `--output=${archive}`, ...access],
  ]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return execFileSync('tar', ['-xzOf', archive], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

/** The metrics of the operator and of an instance, as Prometheus scrapes them. */
async function metricsOf(namespace: string, service: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/services/${service}/proxy/metrics`;
  return (await kubectl(ground().cluster, ['get', '--raw', path])).stdout;
}

it('knows what to look for', () => {
  const fields = new Set(held.map(({ field }) => field));
  for (const field of [
    ...['orders-token/token', 'orders-sealing/sealing-key', 'guarded-tokens/token'],
    ...['legacy-database/url', 'ledger-postgres/password', 'ledger-postgres/url'],
  ]) {
    expect(fields).toContain(field);
  }
  expect(held.map(({ text }) => text)).toContain('canary/external-0123456789');
});

it('would see what is shown', async () => {
  const token = await ground().secretText('orders-token', 'token');
  await ground().make(CONFIG_MAP, { metadata: { name: 'spilt' }, data: { note: `so: ${token}` } });
  const found = await shownSecrets(ground());
  await ground().remove(CONFIG_MAP, 'spilt');
  expect(found).toEqual(['an object shows orders-token/token']);
});

it('finds none of it in objects, events, logs, metrics, environments and reports', async () => {
  const { cluster } = ground();
  const pods = (await ground().list(POD)).filter(({ status }) =>
    status?.containerStatuses?.some((one: { ready: boolean }) => one.ready),
  );
  const places = new Map([
    ['an object', await objectsShown(cluster, ['--all-namespaces'])],
    ['the audit log', await clusterTool('audit', cluster.name)],
    [
      'metrics of the operator',
      await metricsOf(OPERATOR_NAMESPACE, 'dumbkv-operator-metrics:metrics'),
    ],
    ['metrics of orders', await metricsOf(ground().namespace, 'orders:http')],
    ['metrics of ledger', await metricsOf(ground().namespace, 'ledger:http')],
  ]);
  for (const pod of pods) {
    places.set(`the environment of ${pod.metadata.name}`, await environmentOf(ground(), pod));
  }
  for (const name of INSTANCES) places.set(`the report of ${name}`, await reportOf(name));
  for (const [place, text] of places) expect(text.length, place).toBeGreaterThan(200);
  for (const [place, text] of await logsShown(ground())) places.set(place, text);
  // it may have had nothing to say
  places.set('the log of the operator', await operatorLog(ground()));
  const sizes = [...places].map(([place, { length }]) => `${place} ${length}`);
  report(`looked for ${held.length} values in characters of: ${sizes.join(', ')}`);
  expect(shownIn(places, held)).toEqual([]);
});

it('looked while the programs had something to say of it', async () => {
  const events = await ground().output(['get', 'events', '--output', 'json']);
  for (const reason of ['SealingKeyMismatch', 'DatabaseSecretInvalid']) {
    expect(events).toContain(reason);
  }
});
