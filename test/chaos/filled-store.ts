// A store with entries of all sizes, some of them replaced and some removed, and its files. Many
// write at once, so that its log holds groups of writes, as those of real stores do.
// Used by `flipped-bytes.ts`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchServer } from '../server/support/launched-server.ts';
import { KvClient } from './kv-client.ts';
import { type State, valueFor } from './ledger.ts';
import type { Run } from './proof.ts';
import { DATABASE } from './store-files.ts';

export type States = ReadonlyMap<string, State>;

export interface Filled {
  /** What must be there. */
  readonly states: States;
  /** How many writes made it. */
  readonly writes: number;
  /** The bytes of the files, by name. */
  readonly files: ReadonlyMap<string, Buffer>;
}

const LENGTHS_BYTES = [0, 20, 300, 3_000, 30_000];
const REPLACED_SHARE = 0.3;
const REMOVED_SHARE = 0.2;
/** So many writes are under way at a time; those that wait for a commit share the next one. */
const WRITERS = 32;

/** Makes a store in `folder` by a server that is then closed, or killed with all in its log. */
export async function fillStore(
  run: Run,
  folder: string,
  count: number,
  end: 'closed' | 'killed',
): Promise<Filled> {
  const server = launchServer(folder);
  run.atEnd(() => void server.child.kill('SIGKILL'));
  const client = new KvClient(await server.url(), WRITERS);
  const keys = Array.from({ length: count }, (_, i) => `key ${i}`);
  const first = keys.map((key): [string, State] => [key, newValue(run, key, 1)]);
  const changes = keys.flatMap((key): [string, State][] => {
    if (run.chance.happens(REPLACED_SHARE)) return [[key, newValue(run, key, 2)]];
    return run.chance.happens(REMOVED_SHARE) ? [[key, undefined]] : [];
  });
  // each connection takes the next one when it is free
  for (const part of [first, changes]) {
    await Promise.all(part.map(([key, state]) => write(client, key, state)));
  }
  client.close();
  await server.end(end === 'closed' ? 'SIGTERM' : 'SIGKILL');
  const states = new Map([...first, ...changes]);
  return { states, writes: first.length + changes.length, files: filesOf(folder) };
}

const newValue = ({ chance }: Run, key: string, place: number): string =>
  valueFor(key, place, chance.pick(LENGTHS_BYTES));

async function write(client: KvClient, key: string, value: State): Promise<void> {
  const { status } = await (value === undefined
    ? client.send('DELETE', { key })
    : client.send('PUT', { key, value }));
  if (status !== 200) throw new Error(`the store could not be filled: ${status}`);
}

const filesOf = (folder: string): Map<string, Buffer> =>
  new Map(
    ['', '-wal', '.sealing-key']
      .map((end) => `${DATABASE}${end}`)
      .filter((name) => existsSync(join(folder, name)))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
