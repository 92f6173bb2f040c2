// What honest clients notice of a rotation of sealing keys: `npm run bench:rotation`. Each round a
// key is put before the others of the file, and the server seals its entries anew meanwhile.
// Next: `comparison.ts`, `honest-clients.ts`.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sealingKeyFileText } from '../../server/sealing/key-file.ts';
import { keyOf, valueWith } from '../bench/fill.ts';
import { partsOf } from '../bench/peers/peer.ts';
import type { ServerProcess } from '../server/support/launched-server.ts';
import { waitFor } from '../server/support/wait-for.ts';
import { compare } from './comparison.ts';
import { callAtPace, type Noticed, prepareKeys } from './honest-clients.ts';
import { measureIn, WARM_UP_SECONDS, write } from './measured-server.ts';

const KEY_BYTES = 32;
const VALUE_BYTES = 100;
const BATCH_OPERATIONS = 128;
const ROTATION_LIMIT_MS = 15 * 60_000;

const { values } = parseArgs({
  options: {
    // so many that a rotation outlasts a measurement
    entries: { type: 'string', default: '60000' },
    rate: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
  },
});
const pace = { perSecond: Number(values.rate), seconds: Number(values.seconds) };

const folder = mkdtempSync(join(tmpdir(), 'dumbkv-rotation-'));
const keyFile = join(folder, 'sealing-keys');
let keys: string[] = [];

/** Puts a new key before the last one: whoever looks meanwhile sees one file or the other. */
function addKey(): void {
  keys = [sealingKeyFileText(randomBytes(KEY_BYTES)), ...keys.slice(0, 1)];
  writeFileSync(`${keyFile}.draft`, keys.join(''));
  renameSync(`${keyFile}.draft`, keyFile);
}

async function fill(url: string): Promise<void> {
  const numbers = Array.from({ length: Number(values.entries) }, (_, at) => at);
  const value = valueWith(VALUE_BYTES);
  for (const part of partsOf(numbers, BATCH_OPERATIONS)) {
    const operations = part.map((at) => ({ op: 'put', key: keyOf(at, VALUE_BYTES), value }));
    const answer = await fetch(`${url}/v1/databases/0/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ operations }),
    });
    if (!answer.ok) throw new Error(`the store could not be filled: ${await answer.text()}`);
  }
}

/** Entries that may still have to be sealed anew. */
async function pendingAt(url: string): Promise<number> {
  const text = await fetch(`${url}/metrics`).then((answer) => answer.text());
  const pending = /^dumbkv_sealing_rotation_pending_entries (\d+)$/m.exec(text)?.[1];
  if (pending === undefined) throw new Error('the server does not tell how far a rotation is');
  return Number(pending);
}

async function whileRotating(url: string): Promise<Noticed> {
  addKey();
  const atFirst = await waitFor(
    'the rotation to begin',
    async () => (await pendingAt(url)) || undefined,
  );
  const noticed = await callAtPace(url, pace);
  const left = await pendingAt(url);
  write(`   entries to be sealed anew: ${atFirst} at first, ${left} when it was measured`);
  if (left === 0) throw new Error('the rotation ended too early: give it more --entries');
  const isOver = async () => (await pendingAt(url)) === 0;
  await waitFor('the rotation to end', isOver, ROTATION_LIMIT_MS);
  return noticed;
}

async function measure(server: ServerProcess): Promise<void> {
  const url = await server.url();
  await fill(url);
  await prepareKeys(url);
  await callAtPace(url, { ...pace, seconds: WARM_UP_SECONDS });
  await compare({
    what: 'a rotation of sealing keys',
    rounds: Number(values.rounds),
    measureWithout: () => callAtPace(url, pace),
    measureWith: () => whileRotating(url),
    write,
  });
}

addKey();
await measureIn(folder, { SEALING_KEY_FILE: keyFile }, measure);
