// A store with entries of all sizes, some of them replaced and some removed, and its files.
// Used by `flipped-bytes.ts`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchServer } from '../server/support/launched-server.ts';
import { KvClient } from './kv-client.ts';
import { type State, valueFor } from './ledger.ts';
import type { Run } from './proof.ts';
import { DATABASE } from './store-files.ts';

export interface Filled {
  /** What must be there. */
  readonly states: ReadonlyMap<string, State>;
  /** All values that a key ever had. */
  readonly history: ReadonlyMap<string, readonly string[]>;
  /** The bytes of the files, by name. */
  readonly files: ReadonlyMap<string, Buffer>;
}

const LENGTHS_BYTES = [0, 20, 300, 3_000, 30_000];
const REPLACED_SHARE = 0.3;
const REMOVED_SHARE = 0.2;

/** Makes a store in `folder` by a server that is then closed, or killed with all in its log. */
export async function fillStore(
  run: Run,
  folder: string,
  count: number,
  end: 'closed' | 'killed',
): Promise<Filled> {
  const server = launchServer(folder);
  run.atEnd(() => void server.child.kill('SIGKILL'));
  const client = new KvClient(await server.url(), 1);
  const states = new Map<string, State>();
  const history = new Map<string, string[]>();
  const put = async (key: string, value: string) => {
    history.set(key, [...(history.get(key) ?? []), value]);
    states.set(key, value);
    await expectDone(client.send('PUT', { key, value }));
  };
  const keys = Array.from({ length: count }, (_, i) => `key ${i}`);
  for (const key of keys) await put(key, valueFor(key, 1, run.chance.pick(LENGTHS_BYTES)));
  for (const key of keys) {
    if (run.chance.happens(REPLACED_SHARE)) {
      await put(key, valueFor(key, 2, run.chance.pick(LENGTHS_BYTES)));
    } else if (run.chance.happens(REMOVED_SHARE)) {
      states.set(key, undefined);
      await expectDone(client.send('DELETE', { key }));
    }
  }
  client.close();
  await server.end(end === 'closed' ? 'SIGTERM' : 'SIGKILL');
  return { states, history, files: filesOf(folder) };
}

async function expectDone(answer: Promise<{ readonly status: number }>): Promise<void> {
  const { status } = await answer;
  if (status !== 200) throw new Error(`the store could not be filled: ${status}`);
}

const filesOf = (folder: string): Map<string, Buffer> =>
  new Map(
    ['', '-wal', '.sealing-key']
      .map((end) => `${DATABASE}${end}`)
      .filter((name) => existsSync(join(folder, name)))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
