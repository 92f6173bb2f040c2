// Runs the user's own kubectl, so that contexts, login plugins, proxies and --as work as they do
// everywhere else, and this program holds no credentials and no TLS of its own.
// The commands ask it; what it complains of becomes a Failure (failure.ts).
import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { DumbKV } from '../crds/schema.ts';
import { Failure, failureOf } from './failure.ts';

/** The kind, so that no other group's `dumbkvs` can be meant. */
export const DUMBKVS = 'dumbkvs.dumbkv.dev';

/** An object of the API server, as far as this program looks into it. */
export interface ApiObject {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    creationTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec?: Record<string, unknown>;
  status?: Record<string, unknown>;
}

/** The user's kubectl with the options that say which cluster, user and namespace. */
export class Kubectl {
  readonly #program: string;
  readonly #access: readonly string[];

  constructor(program: string, access: readonly string[]) {
    this.#program = program;
    this.#access = access;
  }

  /** Starts kubectl with these arguments; `stdio` as `spawn` takes it. */
  start(args: readonly string[], stdio: 'pipe' | 'inherit' = 'pipe'): ChildProcess {
    return spawn(this.#program, [...this.#access, ...args], { stdio });
  }

  /** What kubectl prints; `stdin` for what must stand in no list of processes. */
  async output(args: readonly string[], stdin = ''): Promise<string> {
    const child = this.start(args);
    const code = ended(child);
    // it may end without reading; its exit code tells why
    child.stdin?.on('error', () => undefined).end(stdin);
    const read = (stream: ChildProcess['stdout']) => (stream ? text(stream) : '');
    const [stdout, stderr] = await Promise.all([read(child.stdout), read(child.stderr), code]);
    if ((await code) !== 0) throw failureOf(stderr);
    return stdout;
  }

  /** What kubectl prints as JSON. */
  async json<T>(args: readonly string[]): Promise<T> {
    return JSON.parse(await this.output([...args, '--output', 'json'])) as T;
  }

  /** Objects of a kind, of the instance's labels for instance. */
  async list(kind: string, ...args: string[]): Promise<ApiObject[]> {
    return (await this.json<{ items: ApiObject[] }>(['get', kind, ...args])).items;
  }

  /** The DumbKV of this name; throws a NotFoundFailure if there is none. */
  dumbkv(name: string): Promise<DumbKV> {
    return this.json<DumbKV>(['get', DUMBKVS, name]);
  }
}

/** The exit code of a child; a Failure if there is no such program. */
export function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('close', (code) => resolve(code ?? 1));
    child.once('error', (cause) =>
      reject(
        new Failure(`kubectl cannot be run (${cause.message}): put it on the PATH.`, undefined, {
          cause,
        }),
      ),
    );
  });
}
