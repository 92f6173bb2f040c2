// The commands without a cluster: their help, what they refuse, and the two that go on until the
// user has had enough. A script stands in for kubectl, since there is no kubelet to forward to.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { introduction, openedAddress } from '../../../cli/commands/connect.ts';
import { linesAbout } from '../../../cli/report/collection.ts';
import { dumbkv } from '../../support/objects.ts';
import { type Ending, plugin, useDirectory } from '../../support/plugin-run.ts';
import { until } from '../../support/until.ts';
import { standInFor } from './stand-in.ts';

const directory = useDirectory();
const FORWARDING = 'echo "Forwarding from 127.0.0.1:4321 -> 8000"';

const standIn = (cases: Record<string, string>) => standInFor(directory(), cases);

/** Runs a command that goes on until it is interrupted, and interrupts it when it has said this. */
async function interruptedAfter(program: string, argv: string[], said: string): Promise<Ending> {
  const interrupt = new AbortController();
  const lines: string[] = [];
  const ending = plugin(program, argv, {
    out: (line) => void lines.push(line),
    interrupted: interrupt.signal,
  });
  await until(`it has said ${said}`, () => lines.join('\n').includes(said));
  interrupt.abort();
  return { ...(await ending), out: lines.join('\n') };
}

describe('help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']], [['help', 'nothing']]])(
    'lists the commands for %j',
    async (argv) => {
      const { code, out } = await plugin('unused', argv);
      expect(code).toBe(0);
      for (const name of ['status', 'logs', 'connect', 'rotate-token', 'report', '--context']) {
        expect(out).toContain(name);
      }
    },
  );

  it.each([
    [['rotate-token', '--help']],
    [['help', 'rotate-token']],
    [['rotate-token', '-h', 'x']],
  ])('tells of one command for %j', async (argv) => {
    const { code, out } = await plugin('unused', argv);
    expect(code).toBe(0);
    expect(out).toMatch(/^kubectl dumbkv rotate-token NAME/);
    expect(out).toContain('--immediately');
  });

  it('has lines that fit a terminal', async () => {
    const names = ['status', 'logs', 'connect', 'suspend', 'resume', 'restart', 'rotate-token'];
    for (const name of [...names, 'report']) {
      const { out } = await plugin('unused', ['help', name]);
      for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });
});

describe('arguments that make no sense', () => {
  it.each([
    [['nothing'], 'There is no command "nothing"'],
    [['toString'], 'There is no command "toString"'],
    [['suspend'], 'Say which DumbKV: kubectl dumbkv suspend NAME'],
    [['suspend', 'a', 'b'], '"b" is too much'],
    [['suspend', 'a', '--wait'], "Unknown option '--wait'"],
    [['rotate-token', 'a', '--finish', '--immediately'], 'choose one'],
  ])('are refused: %j', async (argv, sentence) => {
    const { code, err, out } = await plugin('unused', argv);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
  });

  it('are refused where a port should stand', async () => {
    const { code, err } = await plugin(standIn({}), ['connect', 'orders', '--port=http']);
    expect({ code, err }).toEqual({ code: 2, err: 'kubectl dumbkv: "http" is not a port.' });
  });
});

describe('the options that say which cluster', () => {
  it('are handed to kubectl as they are', async () => {
    const says = standIn({ 'get dumbkvs*': 'echo "$*" >&2; exit 1' });
    const options = ['--context=a b', '-n', 'shop', '--as-group=x', '--as-group', 'y'];
    const { err } = await plugin(says, ['status', 'orders', ...options]);
    expect(err).toBe(
      'kubectl dumbkv: --namespace=shop --context=a b --as-group=x --as-group=y ' +
        'get dumbkvs.dumbkv.dev orders --output json',
    );
  });

  it('need a kubectl', async () => {
    const { code, err } = await plugin(join(directory(), 'none'), ['status']);
    expect(code).toBe(1);
    expect(err).toMatch(/kubectl cannot be run .*put it on the PATH/);
  });
});

describe('connect', () => {
  it('tells URL and token, and ends with Ctrl-C', async () => {
    const program = standIn({
      'port-forward --address=127.0.0.1 service/orders :80': `${FORWARDING}; exec sleep 600`,
    });
    const ending = await interruptedAfter(program, ['connect', 'orders'], 'curl');
    expect(ending).toMatchObject({ code: 0, err: '' });
    expect(ending.out).toContain('shop/orders is open at http://127.0.0.1:4321 until Ctrl-C.');
    expect(ending.out).toContain('URL=http://127.0.0.1:4321\nTOKEN=the-token\n');
  });

  it('keeps the token to itself when told', async () => {
    const program = standIn({ 'port-forward * 8080:80': `${FORWARDING}; exec sleep 600` });
    const argv = ['connect', 'orders', '--port=8080', '--no-token'];
    expect((await interruptedAfter(program, argv, 'curl')).out).not.toContain('the-token');
  });

  it('fails when the way is lost, or never was', async () => {
    const lost = await plugin(standIn({ 'port-forward *': FORWARDING }), ['connect', 'orders']);
    expect(lost.code).toBe(1);
    expect(lost.err).toContain('The way to the instance was lost');
    const refused = 'echo "error: unable to listen on port 80" >&2; exit 1';
    const never = await plugin(standIn({ 'port-forward *': refused }), ['connect', 'orders']);
    expect(never).toEqual({ code: 1, out: '', err: 'kubectl dumbkv: unable to listen on port 80' });
  });

  it('reads the address of IPv4 only, once it is there', () => {
    expect(openedAddress('Forwarding from [::1]:80 -> 8000')).toBeUndefined();
    expect(openedAddress('Forwarding from 127.0.0.1:81 -> 8000\n')).toBe('127.0.0.1:81');
  });

  it('shows no token of an open instance', () => {
    const open = dumbkv({ spec: { auth: { type: 'None' } } });
    expect(introduction(open, '127.0.0.1:1', undefined)).not.toMatch(/TOKEN/);
  });

  it('says when the Secret holds no token', async () => {
    const empty = standIn({ 'get secret *': `echo '{"metadata":{"name":"orders-token"}}'` });
    const { err } = await plugin(empty, ['connect', 'orders']);
    expect(err).toContain('The Secret "orders-token" holds no token');
  });
});

describe('logs', () => {
  it('are those of all pods of the server, until Ctrl-C', async () => {
    const program = standIn({ 'logs *': 'echo "$*"; exec sleep 600' });
    const argv = ['logs', 'orders', '-f', '--since=1m'];
    const { code, out } = await interruptedAfter(program, argv, 'logs');
    expect(code).toBe(0);
    expect(out).toBe(
      'logs --selector=app.kubernetes.io/name=dumbkv,app.kubernetes.io/instance=orders ' +
        '--prefix --tail=200 --container=server --max-log-requests=100 --follow --since=1m',
    );
  });

  it('are those of its Postgres when asked', async () => {
    const program = standIn({ 'logs *': 'echo "$*"' });
    const { code, out } = await plugin(program, ['logs', 'orders', '--postgres', '-p']);
    expect(code).toBe(0);
    expect(out).toContain('name=dumbkv-postgres,app.kubernetes.io/instance=orders');
    expect(out).toMatch(/--container=postgres .*--previous$/);
  });
});

describe('the report of a user who may not read Secrets', () => {
  it('goes on with the rest, and says what that means', async () => {
    const program = standIn({
      'get secrets *': 'echo "Error from server (Forbidden): no" >&2; exit 1',
      'get pods*': 'echo "Error from server (Forbidden): no" >&2; exit 1',
      'get *': `echo '{"items":[]}'`,
      'version *': 'echo "{}"',
      'logs *': 'true',
    });
    const argv = ['report', 'orders', `--output=${join(directory(), 'report')}`];
    const { code, out, err } = await plugin(program, argv);
    expect(code).toBe(0);
    expect(err).toContain('Secrets could not be read');
    expect(out).toContain('secrets.json.missing\n');
    expect(out).toContain('logs/pods.json.missing\n');
  });
});

describe('the lines of the log of the operator', () => {
  it('are those about this instance, and those about none', () => {
    const log = ['{"key":"shop/orders"}', '{"key":"shop/carts"}', '{"msg":"started"}'].join('\n');
    expect(linesAbout(log, dumbkv())).toBe('{"key":"shop/orders"}\n{"msg":"started"}');
  });
});
