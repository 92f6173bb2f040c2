// SIGKILL under load: what was acknowledged is there afterwards, and the file is whole.
// The short form, a few cycles; whether writes are synced is shown in `synced.test.ts`.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { type ServerProcess, startServer } from './support/server-process.ts';
import { tempFolder } from './support/temp-folder.ts';
import { waitFor } from './support/wait-for.ts';

const CYCLES = 4;
const WRITERS = 8;
const ACKNOWLEDGED_PER_CYCLE = 150;

/**
 * What a writer knows of its key: the last value that was acknowledged, and the last that was sent.
 */
interface Known {
  acknowledged: number;
  sent: number;
}

/** Writes rising numbers to one key until the server is gone. */
async function writeUntilGone(url: string, key: string, known: Known): Promise<void> {
  for (;;) {
    known.sent += 1;
    try {
      const reply = await fetch(`${url}/kv`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ key, value: String(known.sent) }),
      });
      if (reply.status !== 200) return;
      known.acknowledged = known.sent;
    } catch {
      return;
    }
  }
}

async function killUnderLoad(server: ServerProcess, writers: Map<string, Known>): Promise<void> {
  const url = await server.url();
  const total = () => [...writers.values()].reduce((sum, known) => sum + known.acknowledged, 0);
  const before = total();
  const running = [...writers].map(([key, known]) => writeUntilGone(url, key, known));
  await waitFor('enough writes', () => total() >= before + ACKNOWLEDGED_PER_CYCLE);
  await delay(Math.random() * 30);
  await server.end('SIGKILL');
  await Promise.all(running);
}

async function expectNothingLost(server: ServerProcess, writers: Map<string, Known>) {
  for (const [key, known] of writers) {
    const reply = await server.kv('POST', { key });
    expect(reply.status, key).toBe(200);
    const found = Number(((await reply.json()) as { value: string }).value);
    expect(found, key).toBeGreaterThanOrEqual(known.acknowledged);
    expect(found, key).toBeLessThanOrEqual(known.sent);
    // A write without an answer may have been kept: from here on it is known.
    known.acknowledged = found;
    known.sent = found;
  }
}

test('killed again and again under load, the server loses no acknowledged write', async () => {
  const folder = tempFolder();
  const names = Array.from({ length: WRITERS }, (_, i) => `writer ${i}`);
  const writers = new Map<string, Known>(names.map((key) => [key, { acknowledged: 0, sent: 0 }]));
  for (let cycle = 0; cycle < CYCLES; cycle += 1) {
    await killUnderLoad(startServer(folder), writers);
    const db = new Database(join(folder, 'dumbkv.db'));
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
    const check = startServer(folder);
    await expectNothingLost(check, writers);
    await check.end('SIGKILL');
  }
  const last = startServer(folder);
  await expectNothingLost(last, writers);
});
