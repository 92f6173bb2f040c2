// `kubectl dumbkv` on a real API server, beside a real operator: what it writes stays, and what it
// cannot do it says in words that help.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV, POD, SECRET } from '../../../operator/api/resources.ts';
import { parseTokens } from '../../../server/tokens.ts';
import { kubeconfigOf, kubectlOutput } from '../../support/control-plane.ts';
import type { Place } from '../../support/place.ts';
import { plugin, realKubectl, script, useDirectory } from '../../support/plugin-run.ts';
import { until } from '../../support/until.ts';
import { bringUp, serve, settleIn, useOperator } from '../operator/operator-suite.ts';

const RESTARTED = 'kubectl.kubernetes.io/restartedAt';
const suite = useOperator({}, { users: [{ name: 'stranger' }] });
const directory = useDirectory();
let kubectl = '';

beforeAll(() => {
  kubectl = realKubectl(directory());
});

const call = (place: Pick<Place, 'namespace'>, ...argv: string[]) =>
  plugin(kubectl, [...argv, ...access(place.namespace)]);

const access = (namespace: string): string[] => [
  `--kubeconfig=${suite.controlPlane().kubeconfigPath}`,
  `--namespace=${namespace}`,
];

async function tokenText(place: Place, name = 'orders-token'): Promise<string> {
  const { data } = await place.get(SECRET, name);
  return Buffer.from(data.token, 'base64').toString('utf8');
}

const stalled = async (place: Place) => (await place.conditions('orders')).Stalled;

describe('suspend and resume', () => {
  it('stop the pods and start them again', async () => {
    const place = await suite.place();
    await bringUp(place);
    const first = await call(place, 'suspend', 'orders');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toBe(
      `${place.namespace}/orders is suspended: its pods go, everything else stays.`,
    );
    await place.untilReason('orders', 'Suspended');
    expect((await place.get(DEPLOYMENT, 'orders')).spec.replicas).toBe(0);
    expect((await call(place, 'suspend', 'orders')).out).toContain('was suspended already');

    expect((await call(place, 'resume', 'orders')).out).toContain('is resumed.');
    const served = serve(place);
    expect((await call(place, 'resume', 'orders', '--wait')).out).toMatch(/already.*\nIt is ready/);
    expect((await served).spec.suspended).toBe(false);
  });
});

describe('restart', () => {
  it('makes new pods, and the operator leaves the mark of it alone', async () => {
    const place = await suite.place();
    await bringUp(place);
    const podsBefore = await place.list(POD);
    const ended = await call(place, 'restart', 'orders', '--no-wait');
    expect(ended).toEqual({ code: 0, out: `${place.namespace}/orders gets new pods.`, err: '' });
    const mark = async () =>
      (await place.get(DEPLOYMENT, 'orders')).spec.template.metadata.annotations[RESTARTED];
    const written = await mark();
    expect(written).toMatch(/^\d{4}-/);

    await settleIn(place, suite.run());
    const podsAfter = await place.list(POD);
    expect(podsAfter).toHaveLength(1);
    expect(podsAfter[0]?.metadata.uid).not.toBe(podsBefore[0]?.metadata.uid);
    // also when the operator writes the Deployment anew
    const resources = { limits: { memory: '300Mi' } };
    await place.change(DUMBKV, 'orders', { spec: { resources } });
    await settleIn(place, suite.run());
    const { spec } = await place.get(DEPLOYMENT, 'orders');
    expect(spec.template.spec.containers[0].resources.limits.memory).toBe('300Mi');
    expect(await mark()).toBe(written);
    expect(await stalled(place)).toBeUndefined();
  });

  it('asks the operator for the pods of its release, and waits until it has begun', async () => {
    const place = await suite.place();
    await bringUp(place);
    const { metadata } = await place.get(DEPLOYMENT, 'orders');
    const ended = await call(place, 'restart', 'orders', '--update', '--no-wait');
    expect(ended).toEqual({ code: 0, out: `${place.namespace}/orders gets new pods.`, err: '' });
    const dumbkv = await place.get(DUMBKV, 'orders');
    expect(dumbkv.metadata.annotations['dumbkv.dev/restart']).toBe('2030-01-01T00:00:00.000Z');
    const after = await place.get(DEPLOYMENT, 'orders');
    expect(after.metadata.generation).toBe(metadata.generation + 1);
    expect(after.spec.template.metadata.annotations).toHaveProperty('dumbkv.dev/restart');
  });

  it('says that there is nothing to restart', async () => {
    const place = await suite.place();
    await place.dumbkv('orders', { suspended: true });
    const { code, err } = await call(place, 'restart', 'orders');
    expect(code).toBe(1);
    expect(err).toContain('has no pods: it is suspended or asks for 0 replicas');
  });
});

describe('rotate-token', () => {
  it('has the operator put a new token first, and takes the old one away when told', async () => {
    const place = await suite.place();
    await bringUp(place);
    const before = (await tokenText(place)).trim();

    const begun = await call(place, 'rotate-token', 'orders');
    expect(begun).toMatchObject({ code: 0, err: '' });
    expect(begun.out).toMatch(/the first in Secret "orders-token".*\nThe old one counts until 20/);
    const both = await tokenText(place);
    const [fresh = '', old] = both.split('\n');
    expect(old).toBe(before);
    expect(parseTokens(both)).toHaveLength(2);
    for (const token of [fresh, before]) expect(begun.out).not.toContain(token);

    expect((await call(place, 'rotate-token', 'orders', '--finish')).code).toBe(0);
    const text = await tokenText(place);
    expect(text.trim()).toBe(fresh);
    await place.touch('orders');
    await settleIn(place, suite.run());
    expect(await tokenText(place)).toBe(text);
    expect(await stalled(place)).toBeUndefined();
    expect((await place.get(DUMBKV, 'orders')).status.oldTokensUntil).toBeUndefined();
    const finished = await call(place, 'rotate-token', 'orders', '--finish');
    expect(finished.err).toContain('has no old tokens');
  });

  it('replaces a token that others know at once', async () => {
    const place = await suite.place();
    await bringUp(place);
    const before = (await tokenText(place)).trim();
    const { code } = await call(place, 'rotate-token', 'orders', '--immediately');
    expect(code).toBe(0);
    expect(parseTokens(await tokenText(place))).toHaveLength(1);
    expect(await tokenText(place)).not.toContain(before);
  });

  it('loses no change that somebody makes at the same moment', async () => {
    const place = await suite.place();
    await bringUp(place);
    await call(place, 'rotate-token', 'orders');
    const before = await tokenText(place);
    const where = `--kubeconfig=${suite.controlPlane().kubeconfigPath} -n ${place.namespace}`;
    const annotate = `$kubectl ${where} annotate secret orders-token by=us >&2`;
    const meanwhile = `[[ " $* " != *" replace "* ]] || ${annotate}`;
    const racing = script(directory(), 'racing', `${meanwhile}\nexec $kubectl "$@"`);
    const argv = ['rotate-token', 'orders', '--finish', ...access(place.namespace)];
    const { code, err } = await plugin(racing, argv);
    expect(code).toBe(1);
    expect(err).toContain('Somebody else changed the same object');
    expect(await tokenText(place)).toBe(before);
    expect((await place.get(SECRET, 'orders-token')).metadata.annotations.by).toBe('us');
  });

  it('leaves Secrets of the user and open instances alone', async () => {
    const place = await suite.place();
    await place.dumbkv('open', { auth: { type: 'None' } });
    await place.dumbkv('orders', { auth: { type: 'Token', tokenSecretRef: { name: 'ours' } } });
    expect((await call(place, 'rotate-token', 'open')).err).toContain('it has no tokens');
    expect((await call(place, 'rotate-token', 'orders')).err).toContain(
      'in a Secret of yours, "ours"',
    );
  });
});

describe('status', () => {
  it('shows an instance that is well', async () => {
    const place = await suite.place();
    await bringUp(place);
    const { code, out } = await call(place, 'status', 'orders');
    expect(code).toBe(0);
    expect(out).toContain(`${place.namespace}/orders: Ready (Available)`);
    expect(out).toMatch(/volume +orders-data: Bound, 1Gi/);
    expect(out).toMatch(/What to do\n {2}Nothing\.$/);
    const table = await call(place, 'status');
    expect(table.out).toMatch(/^NAMESPACE +NAME +STATE/);
    expect(table.out).toMatch(/orders +Ready +Available +sqlite +1\/1/);
    expect((await call(place, 'status', '--all-namespaces')).out).toContain(place.namespace);
  });

  it('says what to do about one that is not, and ends with 3', async () => {
    const place = await suite.place();
    await place.dumbkv('orders', { auth: { type: 'Token', tokenSecretRef: { name: 'ours' } } });
    await place.untilReason('orders', 'TokenSecretMissing');
    const { code, out } = await call(place, 'status', 'dkv/orders');
    expect(code).toBe(3);
    expect(out).toContain('Stalled (TokenSecretMissing)');
    expect(out).toMatch(/What to do\n {2}Secret "ours", .* does not exist/);
    expect((await call(place, 'connect', 'orders')).code).toBe(3);
    expect((await call(place, 'logs', 'orders')).err).toContain('TokenSecretMissing');
  });
});

describe('what cannot be done', () => {
  it('is said: there is no such instance', async () => {
    const { code, err, out } = await call({ namespace: 'default' }, 'suspend', 'nowhere');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^kubectl dumbkv: There is no DumbKV "nowhere".*--all-namespaces/);
  });

  it('is said: the user may not', async () => {
    const { serverUrl, caCertificate, tokenFor } = suite.controlPlane();
    const kubeconfig = join(directory(), 'stranger');
    writeFileSync(kubeconfig, kubeconfigOf(serverUrl, caCertificate, tokenFor('stranger')));
    const argv = ['status', 'orders', `--kubeconfig=${kubeconfig}`];
    const { code, err } = await plugin(kubectl, argv);
    expect(code).toBe(1);
    expect(err).toMatch(/You may not do that here: .*"stranger" cannot get resource "dumbkvs"/);
  });

  it('is said: nobody answers', async () => {
    const kubeconfig = join(directory(), 'gone');
    writeFileSync(kubeconfig, kubeconfigOf('https://127.0.0.1:1', '', 'token'));
    const { code, err } = await plugin(kubectl, ['status', `--kubeconfig=${kubeconfig}`]);
    expect(code).toBe(1);
    expect(err).toMatch(/The cluster cannot be reached: .*127\.0\.0\.1:1/);
  });

  it('is said: the operator is not installed', async () => {
    // the last test of the file: it takes the kind away
    await kubectlOutput(suite.controlPlane(), ['delete', 'crd', 'dumbkvs.dumbkv.dev']);
    const fresh = script(directory(), 'fresh', `rm -rf ${directory()}/cache\nexec $kubectl "$@"`);
    const argv = ['status', ...access('default')];
    await until('the kind is not served any more', async () => {
      const { err } = await plugin(fresh, argv);
      if (err.includes('the operator is not installed')) return true;
      throw new Error(err);
    });
    expect((await plugin(fresh, argv)).code).toBe(1);
  });
});
