// `kubectl dumbkv` with a real instance: what needs a kubelet to be seen, such as a port that leads
// to a pod, logs, new pods and tokens that the server reads again.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ending, plugin, realKubectl, useDirectory } from '../support/plugin-run.ts';
import { OPERATOR_NAMESPACE } from './support/cluster.ts';
import { useGround } from './support/ground.ts';
import { eventually, LONG_PATIENCE_MS } from './support/patience.ts';

const ground = useGround('plugin');
const directory = useDirectory();
let kubectl = '';

beforeAll(async () => {
  kubectl = realKubectl(directory());
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
  await (await ground().instance('orders')).put('kept', 'through it all');
});

const withAccess = (argv: readonly string[]): string[] => [
  ...argv,
  `--kubeconfig=${ground().cluster.kubeconfigPath}`,
  `--namespace=${ground().namespace}`,
];

const call = (...argv: string[]): Promise<Ending> => plugin(kubectl, withAccess(argv));

async function done(...argv: string[]): Promise<string> {
  const { code, out, err } = await call(...argv);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out;
}

const statusWith = async (token: string): Promise<number> => {
  const orders = await ground().instance('orders');
  return (await orders.withToken(token).call('POST', { key: 'kept' })).status;
};

describe('connect', () => {
  it('leads to the instance with its token, until it is interrupted', async () => {
    const interrupt = new AbortController();
    const lines: string[] = [];
    const ending = plugin(kubectl, withAccess(['connect', 'orders']), {
      out: (line) => void lines.push(line),
      interrupted: interrupt.signal,
    });
    const read = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(lines.join('\n'))?.[1];
    const url = await eventually('the port is open', async () => read('URL'));
    const answer = await fetch(`${url}/kv`, {
      method: 'POST',
      headers: { authorization: `Bearer ${read('TOKEN')}`, 'content-type': 'application/json' },
      body: JSON.stringify({ key: 'kept' }),
    });
    expect(await answer.json()).toEqual({ value: 'through it all' });
    interrupt.abort();
    expect(await ending).toMatchObject({ code: 0, err: '' });
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});

describe('logs and report', () => {
  it('have what the server wrote, and the report holds no token', async () => {
    expect(await done('logs', 'orders', '--tail=-1')).toContain('"level":');
    const archive = join(directory(), 'report.tar.gz');
    const listed = await done('report', 'orders', `--output=${archive}`);
    expect(listed).toMatch(/logs\/orders-[^\n]*-server\.log\n/);
    expect(listed).toMatch(/operator\/operator\.log\n/);
    const text = execFileSync('tar', ['-xzOf', archive], { encoding: 'utf8' });
    expect(text).toContain(`"namespace": "${OPERATOR_NAMESPACE}"`);
    for (const [secret, field] of [
      ['orders-token', 'token'],
      ['orders-sealing', 'sealing-key'],
    ] as const) {
      const value = (await ground().secretText(secret, field))?.trim() ?? '';
      expect(value.length).toBeGreaterThan(20);
      expect(text).not.toContain(value);
    }
  });
});

describe('rotate-token', () => {
  it('lets both tokens count, then the new one alone, without a restart', async () => {
    const [oldToken = ''] = (await ground().secretText('orders-token', 'token'))?.split('\n') ?? [];
    const pod = (await ground().podOf('orders')).metadata.uid;
    await done('rotate-token', 'orders');
    const [newToken = ''] = (await ground().secretText('orders-token', 'token'))?.split('\n') ?? [];
    const newCounts = async () => (await statusWith(newToken)) === 200;
    await eventually('the new token is accepted', newCounts, LONG_PATIENCE_MS);
    expect(await statusWith(oldToken)).toBe(200);
    await done('rotate-token', 'orders', '--finish');
    const oldIsRefused = async () => (await statusWith(oldToken)) === 401;
    await eventually('the old token is refused', oldIsRefused, LONG_PATIENCE_MS);
    expect(await statusWith(newToken)).toBe(200);
    expect((await ground().podOf('orders')).metadata.uid).toBe(pod);
  });
});

describe('restart, suspend and resume', () => {
  it('replace the pod and keep the data', async () => {
    const before = (await ground().podOf('orders')).metadata.uid;
    expect(await done('restart', 'orders')).toContain('They are ready.');
    expect((await ground().podOf('orders')).metadata.uid).not.toBe(before);
    await ground().untilReady('orders');
    expect(await done('status', 'orders')).toMatch(/What to do\n {2}Nothing\./);

    await done('suspend', 'orders');
    await ground().untilShows('orders', 'Suspended');
    await eventually('it has no pods', async () => {
      return (await ground().podsOf('orders')).length === 0;
    });
    expect((await call('connect', 'orders')).code).toBe(3);
    expect(await done('resume', 'orders', '--wait')).toContain('It is ready.');
    expect(await (await ground().instance('orders')).get('kept')).toBe('through it all');
  });
});
