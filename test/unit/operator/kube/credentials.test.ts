// Credentials from kubeconfig files: what is read when, and what is said when it cannot be. Real
// files in a temporary directory; the clock stands still.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Credentials, loadCredentials } from '../../../../operator/kube/credentials.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

let directory = '';
let kubeconfigPath = '';
let tokenPath = '';
let clock: FakeClock;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dumbkv-credentials-'));
  kubeconfigPath = join(directory, 'kubeconfig');
  tokenPath = join(directory, 'token');
  clock = new FakeClock();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Writes a kubeconfig with this user and this cluster. */
function configure(user: object, cluster: object = {}): void {
  const config = {
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443/', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'system' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfigPath, JSON.stringify(config));
}

const load = (): Promise<Credentials> => loadCredentials({ kubeconfigPath, clock });
const token = async (credentials: Credentials) =>
  (await credentials.headers()).authorization?.replace('Bearer ', '');

/** What loading says when it fails. */
async function complaint(): Promise<string> {
  return load().then(
    () => expect.unreachable('loading should have failed'),
    (error: Error & { code?: string }) => {
      expect(error.code).toBe('DKV_KUBE_CREDENTIALS');
      return error.message;
    },
  );
}

describe('a kubeconfig', () => {
  it('says where the server is, how to trust it, and which namespace is meant', async () => {
    const data = (text: string) => Buffer.from(text).toString('base64');
    configure(
      { 'client-certificate-data': data('cert'), 'client-key-data': data('key') },
      { 'certificate-authority-data': data('ca'), 'tls-server-name': 'kubernetes' },
    );
    const { serverUrl, tls, namespace } = await load();
    expect([serverUrl, namespace]).toEqual(['https://127.0.0.1:6443', 'system']);
    const text = Object.entries(tls).map(([name, value]) => [name, String(value)]);
    expect(Object.fromEntries(text)).toEqual({
      ca: 'ca',
      cert: 'cert',
      key: 'key',
      servername: 'kubernetes',
    });
  });

  it('may turn the check of certificates off, and impersonate', async () => {
    configure({ token: 't', as: 'somebody' }, { 'insecure-skip-tls-verify': true });
    const credentials = await load();
    expect(credentials.tls.rejectUnauthorized).toBe(false);
    expect(await credentials.headers()).toEqual({
      authorization: 'Bearer t',
      'impersonate-user': 'somebody',
    });
  });
});

describe('a kubeconfig that does not do', () => {
  it('because it is not there', async () => {
    expect(await complaint()).toContain('the kubeconfig cannot be read');
  });

  it('because its context names no cluster', async () => {
    writeFileSync(kubeconfigPath, JSON.stringify({ clusters: [], users: [], contexts: [] }));
    expect(await complaint()).toContain('names no known cluster');
  });

  it('because its server is not https, where a token would travel in the open', async () => {
    configure({ token: 't' }, { server: 'http://127.0.0.1:8080' });
    expect(await complaint()).toContain('no https address');
  });

  it('because it needs a proxy', async () => {
    configure({ token: 't' }, { 'proxy-url': 'http://127.0.0.1:3128' });
    expect(await complaint()).toContain('proxy-url is not supported');
  });

  it('because a certificate is not there', async () => {
    configure({ token: 't' }, { 'certificate-authority': join(directory, 'nowhere') });
    expect(await complaint()).toContain('a certificate, key or token cannot be read');
  });
});

describe('a token in a file', () => {
  beforeEach(() => {
    configure({ 'auth-provider': { name: 'tokenFile', config: { tokenFile: tokenPath } } });
    writeFileSync(tokenPath, 'first\n');
  });

  it('is read without its line end, and not again within a minute', async () => {
    const credentials = await load();
    writeFileSync(tokenPath, 'second\n');
    await clock.advance(59_000);
    expect(await token(credentials)).toBe('first');
  });

  it('is read again when it was refused', async () => {
    const credentials = await load();
    writeFileSync(tokenPath, 'second\n');
    await clock.advance(2000);
    credentials.invalidate(await credentials.headers());
    expect(await token(credentials)).toBe('second');
  });

  it('is read once for many who wait, and not for a refusal of an older one', async () => {
    const credentials = await load();
    const old = await credentials.headers();
    writeFileSync(tokenPath, 'second\n');
    await clock.advance(2000);
    credentials.invalidate(old);
    const all = await Promise.all([1, 2, 3].map(() => token(credentials)));
    expect(all).toEqual(['second', 'second', 'second']);
    writeFileSync(tokenPath, 'third\n');
    await clock.advance(2000);
    credentials.invalidate(old);
    expect(await token(credentials)).toBe('second');
  });

  it('is not read more than once a second, however often it is refused', async () => {
    const credentials = await load();
    writeFileSync(tokenPath, 'second\n');
    credentials.invalidate(await credentials.headers());
    expect(await token(credentials)).toBe('first');
    await clock.advance(1000);
    expect(await token(credentials)).toBe('second');
  });

  it('stays in use while a file is gone for a moment', async () => {
    const authorityPath = join(directory, 'ca.crt');
    writeFileSync(authorityPath, 'ca');
    configure({ token: 'first' }, { 'certificate-authority': authorityPath });
    const credentials = await load();
    rmSync(authorityPath);
    await clock.advance(61_000);
    expect(await token(credentials)).toBe('first');
  });

  it('that is gone after it was refused is an error until it is back', async () => {
    const credentials = await load();
    rmSync(tokenPath);
    await clock.advance(2000);
    credentials.invalidate(await credentials.headers());
    await expect(credentials.headers()).rejects.toThrow('cannot be read');
    writeFileSync(tokenPath, 'second\n');
    expect(await token(credentials)).toBe('second');
  });
});
