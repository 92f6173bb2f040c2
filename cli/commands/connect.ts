// `connect`: a port of this machine that leads to an instance, with the token to call it; open
// until Ctrl-C. kubectl forwards the port.
import type { ChildProcess } from 'node:child_process';
import type { DumbKV } from '../../crds/schema.ts';
import type { Command, Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { Failure, failureOf } from '../failure.ts';
import { ended } from '../kubectl.ts';
import { firstToken } from '../token-file.ts';
import { readTokens } from './rotate-token.ts';

const SERVICE_PORT = 80;
const OPENED = /^Forwarding from (?<address>127\.0\.0\.1:\d+)/m;

/** The address that kubectl says it opened, once it has. Pure. */
export const openedAddress = (said: string): string | undefined =>
  OPENED.exec(said)?.groups?.address;

export const connect: Command = {
  usage: 'NAME [--port=PORT]',
  summary: 'open a port of this machine to an instance, and print its URL and token',
  details: 'Ctrl-C closes the port. The port is open to programs of this machine only.',
  needsName: true,
  options: {
    port: { type: 'string', value: 'PORT', help: 'the port of this machine; any that is free' },
    'no-token': { type: 'boolean', help: 'do not print the token' },
  },
  run: async (context) => {
    const { kubectl, name, options } = context;
    const dumbkv = await kubectl.dumbkv(name);
    const port = options.port ?? '';
    if (!/^\d{0,5}$/.test(String(port))) throw new Failure(`"${port}" is not a port.`, EXIT.usage);
    assertServing(dumbkv);
    const token = options['no-token'] ? undefined : await tokenOf(context, dumbkv);
    const ports = `${port}:${SERVICE_PORT}`;
    const child = kubectl.start(['port-forward', '--address=127.0.0.1', `service/${name}`, ports]);
    return forward(child, context, (address) => introduction(dumbkv, address, token));
  },
};

function assertServing({ metadata, status }: DumbKV): void {
  if ((status?.readyReplicas ?? 0) > 0) return;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  throw new Failure(
    `${metadata.namespace}/${metadata.name} has no pod that answers` +
      (ready === undefined ? '.' : `: ${ready.reason}. ${ready.message}`),
    EXIT.notReady,
  );
}

async function tokenOf(context: Context, dumbkv: DumbKV): Promise<string | undefined> {
  if (dumbkv.spec.auth.type === 'None') return undefined;
  const { text } = await readTokens(context, dumbkv);
  return firstToken(text);
}

/** What the user reads when the port is open. Pure. */
export function introduction(
  { metadata, spec }: DumbKV,
  address: string,
  token: string | undefined,
): string {
  const url = `http://${address}`;
  const header = spec.auth.type === 'None' ? '' : " -H 'Authorization: Bearer '$TOKEN";
  return [
    `${metadata.namespace}/${metadata.name} is open at ${url} until Ctrl-C.`,
    '',
    `URL=${url}`,
    ...(token === undefined ? [] : [`TOKEN=${token}`]),
    '',
    `curl "$URL/v1/databases/0/keys"${header}`,
  ].join('\n');
}

/** Tells when the port is open, and waits for the end. */
async function forward(
  child: ChildProcess,
  { interrupted, out }: Context,
  introduce: (address: string) => string,
): Promise<number> {
  let said = '';
  let errors = '';
  let isOpen = false;
  child.stdout?.on('data', (chunk) => {
    said += chunk;
    const address = isOpen ? undefined : openedAddress(said);
    if (address === undefined) return;
    isOpen = true;
    out(introduce(address));
  });
  child.stderr?.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-4096);
  });
  const end = () => void child.kill();
  interrupted.addEventListener('abort', end);
  if (interrupted.aborted) end();
  await ended(child);
  interrupted.removeEventListener('abort', end);
  if (interrupted.aborted) return EXIT.ok;
  throw isOpen
    ? new Failure('The way to the instance was lost (its pod may be gone): call this again.')
    : failureOf(errors);
}
