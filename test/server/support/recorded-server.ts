// A server process that tells which packages and files it has loaded so far.
// Used by tests of what is loaded when.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerProcess, type StartOptions, startServer } from './server-process.ts';
import { tempFolder } from './temp-folder.ts';

const RECORDER = new URL('./loaded-modules.ts', import.meta.url);

export interface RecordedServer {
  readonly server: ServerProcess;
  readonly url: string;
  /** The files that it has loaded so far, as URLs. */
  files(): string[];
  /** The packages that these are of. */
  packages(): Set<string>;
  /** The parts of Node that it has loaded, once it has ended. */
  builtins(): string[];
}

/** Starts a server on a new store, and waits until it listens. */
export async function startRecorded(options?: StartOptions): Promise<RecordedServer> {
  const folder = tempFolder();
  const list = join(folder, 'loaded');
  const env = { NODE_OPTIONS: `--import ${RECORDER.href}`, LOADED_FILE: list };
  const server = startServer(folder, env, options);
  const url = await server.url();
  const lines = () => readFileSync(list, 'utf8').split('\n').slice(0, -1);
  const files = () => lines().filter((line) => line.startsWith('file:'));
  return {
    server,
    url,
    files,
    packages: () => new Set(files().flatMap(packageOf)),
    builtins: () => lines().filter((line) => !line.startsWith('file:')),
  };
}

const packageOf = (url: string): string[] => {
  const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return name === undefined ? [] : [name];
};
