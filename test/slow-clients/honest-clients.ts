// Clients as they should be, at a steady pace: each request is sent at its time, whatever became of
// the others, and is timed from then (an open loop: who waits is not spared).
// Next: `main.ts` compares what they notice with and without slow ones.
import { Agent, request } from 'node:http';

export interface Pace {
  readonly perSecond: number;
  readonly seconds: number;
}

export interface Noticed {
  /** Ascending, of those that were answered with success. */
  readonly latenciesMs: readonly number[];
  /** The status, or what went wrong, of each of the others. */
  readonly failures: readonly string[];
}

const CONNECTIONS = 64;
const KEYS = 100;
const WRITE_EVERY = 10;

/** Reads, and now and then writes, small values; resolves when all are answered. */
export async function callAtPace(url: string, { perSecond, seconds }: Pace): Promise<Noticed> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const latenciesMs: number[] = [];
  const failures: string[] = [];
  const total = perSecond * seconds;
  const beganMs = performance.now();
  const pending: Promise<void>[] = [];
  const sendDue = () => {
    const due = Math.min(total, Math.ceil(((performance.now() - beganMs) * perSecond) / 1_000));
    while (pending.length < due) {
      const place = pending.length;
      const dueMs = beganMs + (place * 1_000) / perSecond;
      const call = callOnce(url, agent, place).then((status) => {
        if (status === '200') latenciesMs.push(performance.now() - dueMs);
        else failures.push(status);
      });
      pending.push(call);
    }
  };
  await new Promise<void>((resolve) => {
    const clock = setInterval(() => {
      sendDue();
      if (pending.length < total) return;
      clearInterval(clock);
      resolve();
    }, 1);
  });
  await Promise.all(pending);
  agent.destroy();
  return { latenciesMs: latenciesMs.sort((a, b) => a - b), failures };
}

/** Stores what they read. */
export async function prepareKeys(url: string): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const writes = Array.from({ length: KEYS }, (_, i) => callOnce(url, agent, i * WRITE_EVERY));
  const failed = (await Promise.all(writes)).find((status) => status !== '200');
  agent.destroy();
  if (failed !== undefined) throw new Error(`a key could not be stored: ${failed}`);
}

function callOnce(url: string, agent: Agent, place: number): Promise<string> {
  const isWrite = place % WRITE_EVERY === 0;
  const key = `key ${Math.floor(place / WRITE_EVERY) % KEYS}`;
  const body = JSON.stringify(isWrite ? { key, value: 'v'.repeat(100) } : { key });
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const method = isWrite ? 'PUT' : 'POST';
  return new Promise((resolve) => {
    const sent = request(`${url}/kv`, { method, agent, headers }, (reply) => {
      reply.resume().once('close', () => resolve(reply.complete ? `${reply.statusCode}` : 'cut'));
    });
    sent.on('error', (error) => resolve(error.message));
    sent.end(body);
  });
}
