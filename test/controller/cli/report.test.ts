// The archive of `kubectl dumbkv report`, made on a real API server: it tells what is needed, and
// none of the canaries that stand in Secrets and wherever else a secret may have strayed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, INGRESS, SECRET } from '../../../operator/api/resources.ts';
import { kubectlOutput } from '../../support/control-plane.ts';
import type { Place } from '../../support/place.ts';
import { type Ending, plugin, script, useDirectory } from '../../support/plugin-run.ts';
import { bringUp, settleIn, useOperator } from '../operator/operator-suite.ts';

const suite = useOperator();
const directory = useDirectory();

/** Each stands in one place; those of Secrets are plain words, which no form gives away. */
const CANARIES = {
  ownToken: 'canary-own-token',
  readToken: 'canary-read-token',
  databasePassword: 'canary/database:password',
  databaseUrl: 'postgres://canary-role:canary%2Fdatabase%3Apassword@db.example.com/canaries',
  annotation: 'canary-annotation',
  podAnnotation: 'canary-pod-annotation',
  ingressAnnotation: 'canary-ingress-annotation',
  sidecarEnvironment: 'canary-sidecar-environment',
  sidecarArgument: '--key=canary-sidecar-argument',
  urlInLog: 'canary-url-in-log',
  bearerInLog: 'canary-bearer-in-log',
  jwtInLog: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYW5hcnkifQ.canary',
  randomInLog: 'Canary0123456789abcdefghijklmnopqrstuvwxyzAB',
  hexInLog: 'c0ffee0123456789c0ffee0123456789c0ffee0123456789',
  otherInstance: 'canary-other-instance',
};

/** What a pod's log says: there is no kubelet here to have one. */
const LOG = [
  `the server took ${CANARIES.ownToken} and ${CANARIES.databaseUrl}`,
  `another reader has ${CANARIES.readToken}`,
  `password ${CANARIES.databasePassword} in base64 is ${btoa(CANARIES.databasePassword)}`,
  `connecting to https://someone:${CANARIES.urlInLog}@example.com/path`,
  `authorization: Bearer ${CANARIES.bearerInLog} then ${CANARIES.jwtInLog}`,
  `random ${CANARIES.randomInLog} hex ${CANARIES.hexInLog}`,
  'image sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  '{"level":"info","msg":"a line that is worth reading","key":"NAMESPACE/orders"}',
  `{"level":"warn","msg":"${CANARIES.otherInstance}","key":"other/orders"}`,
].join('\n');

let place: Place;
let ending: Ending;
let files: Map<string, string>;
let archive = '';

async function stray(): Promise<void> {
  const labels = { 'dumbkv.dev/instance': 'orders' };
  const token = `# ours\n${CANARIES.ownToken}\n${CANARIES.readToken} read-only\n`;
  await place.make(SECRET, { metadata: { name: 'ours', labels }, stringData: { token } });
  const url = { url: CANARIES.databaseUrl };
  await place.make(SECRET, { metadata: { name: 'theirs', labels }, stringData: url });
  const annotations = { 'example.com/note': CANARIES.ingressAnnotation };
  await bringUp(place, {
    auth: { type: 'Token', tokenSecretRef: { name: 'ours' } },
    ingress: { host: 'orders.example.com', annotations },
    template: { annotations: { 'prometheus.io/path': CANARIES.podAnnotation } },
  });
  const note = { 'example.com/note': CANARIES.annotation };
  await place.change(DUMBKV, 'orders', { metadata: { annotations: note } });
  const env = [{ name: 'SETTING', value: CANARIES.sidecarEnvironment }];
  const sidecar = { name: 'sidecar', image: 'sidecar', env, args: [CANARIES.sidecarArgument] };
  const containers = [sidecar];
  await place.apply(DEPLOYMENT, 'orders', { spec: { template: { spec: { containers } } } });
  await settleIn(place, suite.run());
  await kubectlOutput(suite.controlPlane(), ['create', '-f', '-'], eventOf(place.namespace));
}

const eventOf = (namespace: string): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Event', metadata: { name: 'orders.1', namespace } },
    involvedObject: { kind: 'Pod', name: 'orders-abc', namespace },
    ...{ reason: 'Odd', type: 'Warning', message: `an event with ${CANARIES.ownToken} in it` },
  });

/** A kubectl whose `logs` have something to say. */
function talkative(): string {
  const says = `cat <<'LOG'\n${LOG.replace('NAMESPACE', place.namespace)}\nLOG`;
  const lines = `if [[ " $* " == *" logs "* ]]; then\n${says}\nelse exec $kubectl "$@"; fi`;
  return script(directory(), 'talkative', lines);
}

beforeAll(async () => {
  place = await suite.place();
  await stray();
  archive = join(directory(), 'report.tar.gz');
  ending = await plugin(talkative(), [
    ...['report', 'orders', `--output=${archive}`, `--namespace=${place.namespace}`],
    ...[`--kubeconfig=${suite.controlPlane().kubeconfigPath}`],
  ]);
  const to = join(directory(), 'unpacked');
  mkdirSync(to);
  execFileSync('tar', ['-xzf', archive, '--warning=no-timestamp', '-C', to]);
  const names = readdirSync(to, { recursive: true, withFileTypes: true });
  const paths = names.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  files = new Map(paths.map((path) => [path.slice(to.length + 1), readFileSync(path, 'utf8')]));
});

describe('the archive', () => {
  it('is written for its owner alone, and named', () => {
    expect(ending).toMatchObject({ code: 0, err: '' });
    expect(ending.out).toContain('report.tar.gz is written. Look through it before you send it');
    expect(statSync(archive).mode & 0o777).toBe(0o600);
  });

  it('tells what somebody needs who looks for a fault', () => {
    expect(files.get('dumbkv.json')).toContain('"reason": "Available"');
    expect(files.get('versions.json')).toContain('serverVersion');
    expect(files.get('objects/pods.json')).toContain('DATABASE_LOCATION');
    expect(files.get('objects/pods.json')).toContain('"value": "/data/dumbkvstore/dumbkv.db"');
    expect(files.get('objects/persistentvolumeclaims.json')).toContain('orders-data');
    expect(files.get('objects/ingresses.json')).toContain('orders.example.com');
    expect(files.get('objects/networkpolicies.json')).toContain('"name": "orders"');
    for (const kind of ['poddisruptionbudgets', 'horizontalpodautoscalers', 'configmaps']) {
      expect(files.get(`objects/${kind}.json`)).toContain('"items"');
    }
    // a cluster without the Gateway API and CloudNativePG
    expect(files.get('objects/httproutes.json.missing')).toContain('httproutes');
    const clusters = 'clusters.postgresql.cnpg.io';
    expect(files.get(`objects/${clusters}.json.missing`)).toContain('clusters');
    expect(files.get('events.json')).toContain('an event with [redacted] in it');
    expect(files.get('operator/deployment.json.missing')).toContain('not found');
    expect(files.get('operator/operator.log')).toContain('a line that is worth reading');
    const log = [...files].find(([path]) => /^logs\/.*-server\.log$/.test(path))?.[1];
    expect(log).toContain('the server took [redacted] and ');
    expect(log).toContain('image sha256:0123456789abcdef');
  });

  it('lacks only what is not there: logs from before a restart, and the operator', () => {
    const missing = [...files.keys()].filter((path) => path.endsWith('.missing'));
    expect(missing.toSorted()).toEqual([
      'objects/clusters.postgresql.cnpg.io.json.missing',
      'objects/httproutes.json.missing',
      'operator/deployment.json.missing',
    ]);
  });

  it('names the Secrets and their fields, and nothing of what they hold', () => {
    const secrets = JSON.parse(files.get('secrets.json') ?? '') as {
      metadata: { name: string };
      fields: string[];
    }[];
    const named = secrets.map(({ metadata, fields }) => [metadata.name, fields]);
    expect(named).toEqual([
      ['orders-sealing', ['sealing-key', 'store-made']],
      ['ours', ['token']],
      ['theirs', ['url']],
    ]);
  });

  it.each(Object.entries(CANARIES))('holds no trace of %s', (_name, canary) => {
    const found = [...files].filter(
      ([path, text]) =>
        (text.includes(canary) || text.includes(btoa(canary))) &&
        // a path of another instance stands in its own log, which goes as a whole
        !(canary === CANARIES.otherInstance && path.startsWith('logs/')),
    );
    expect(found.map(([path]) => path)).toEqual([]);
  });

  it('holds no sealing key', async () => {
    const { data } = await place.get(SECRET, 'orders-sealing');
    const key = Buffer.from(data['sealing-key'], 'base64').toString('utf8').trim();
    const all = [...files.values()].join('\n');
    expect(all).not.toContain(key);
    expect(all).not.toContain(data['sealing-key']);
  });

  it('had canaries to leave out', async () => {
    const live = JSON.stringify([
      await place.get(DUMBKV, 'orders'),
      await place.get(DEPLOYMENT, 'orders'),
      await place.get(INGRESS, 'orders'),
    ]);
    const { annotation, podAnnotation, ingressAnnotation } = CANARIES;
    const { sidecarEnvironment, sidecarArgument } = CANARIES;
    const strayed = [annotation, podAnnotation, ingressAnnotation];
    for (const canary of [...strayed, sidecarEnvironment, sidecarArgument]) {
      expect(live).toContain(canary);
    }
  });

  it('takes the place of no other file', async () => {
    const again = await plugin(talkative(), [
      ...['report', 'orders', `--output=${archive}`, `--namespace=${place.namespace}`],
      ...[`--kubeconfig=${suite.controlPlane().kubeconfigPath}`],
    ]);
    expect(again.code).toBe(1);
    expect(again.err).toContain('cannot be written');
  });
});
