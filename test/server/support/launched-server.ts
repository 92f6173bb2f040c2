// The server as a process of its own: started as users start it, spoken to on loopback, ended by
// id. It knows nothing of a test, so the proofs of test/chaos start servers with it too.
// Next: `server-process.ts` ties it to the running test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { NODE_FLAGS } from '../../support/node-flags.ts';
import type { LogLine } from './captured-log.ts';
import { waitFor } from './wait-for.ts';

const fromRoot = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const MAIN = fromRoot('server/main.ts');
/** What Node made of our files the last time: a third of the time that a start takes. */
const COMPILED = fromRoot('node_modules/.cache/compiled');

export interface ServerProcess {
  readonly child: ChildProcess;
  /** Every log line so far. */
  lines(): LogLine[];
  /** The line that says why it could not go on; others may get past it on their way out. */
  fatalLine(): LogLine | undefined;
  /** Waits until it listens; gives its address. */
  url(limitMs?: number): Promise<string>;
  /** Sends a JSON body to /kv. */
  kv(method: 'POST' | 'PUT' | 'DELETE', body: unknown): Promise<Response>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Waits for the end. */
  exit(): Promise<number | null>;
}

export type Environment = Readonly<Record<string, string>>;

export interface StartOptions {
  /** A program that runs the server, such as a tracer, with its arguments. */
  readonly under?: readonly string[];
  readonly args?: readonly string[];
  /** The server's file, where it is another than that of the sources. */
  readonly main?: string;
}

/** Starts a server in `folder` with these settings; the caller ends it. */
export function launchServer(
  folder: string,
  env: Environment = {},
  { under = [], args = [], main = MAIN }: StartOptions = {},
): ServerProcess {
  const node = [process.execPath, ...NODE_FLAGS, main, ...args];
  const [program = process.execPath, ...rest] = [...under, ...node];
  const child = spawn(program, rest, {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, PORT: '0' },
      // a tracer is to see the server's own files and no others; a build is another one each time
      ...(under.length === 0 && main === MAIN && { NODE_COMPILE_CACHE: COMPILED }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr?.resume();
  const ended = once(child, 'close').then(() => child.exitCode);
  const lines = () => parseLines(output);
  const url = (limitMs?: number) =>
    waitFor('the server to listen', () => findUrl(lines(), child), limitMs);
  return {
    child,
    lines,
    fatalLine: () => lines().find(({ level }) => level === 60),
    url,
    exit: () => ended,
    kv: async (method, body) =>
      fetch(`${await url()}/kv`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

function parseLines(output: string): LogLine[] {
  return output
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}

function findUrl(lines: LogLine[], child: ChildProcess): string | undefined {
  const hasEnded = child.exitCode !== null || child.signalCode !== null;
  if (hasEnded) throw new Error(`the server ended: ${JSON.stringify(lines.at(-1))}`);
  return lines.map(({ msg }) => /listening at (\S+)/.exec(msg)?.[1]).find((url) => url);
}
