// An open loop: requests are due at a fixed rate whether or not earlier ones are answered, and each
// one's wait counts from when it was due, also while it had to wait for a free connection.
// Next: `response.ts`; `steady-main.ts` runs it as a process of its own.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Percentiles, percentilesOf } from '../statistics.ts';
import { responseIn } from './response.ts';

/** After the last request is due, answers are awaited this long. */
const GRACE_MS = 10_000;

export interface SteadyLoad {
  readonly host: string;
  readonly port: number;
  /** What is sent, one after the other, round and round. */
  readonly requests: readonly Buffer[];
  readonly perSecond: number;
  readonly seconds: number;
  /** So long before, as fast: what waits then is the generator, whose code is cold. */
  readonly warmUpSeconds: number;
  readonly connections: number;
}

export interface SteadyResult {
  /** All that was answered and all the time, the warm-up counted in. */
  readonly requests: number;
  readonly seconds: number;
  readonly failures: number;
  /** After the warm-up. */
  readonly waitMs: Percentiles;
}

/** When a request is due, after the first. */
export const dueMsOf = (sequence: number, perSecond: number): number =>
  (sequence * 1000) / perSecond;

/** Sends all requests when they are due and waits for their answers. */
export async function runSteadily(load: SteadyLoad): Promise<SteadyResult> {
  const total = Math.max(1, Math.round(load.perSecond * secondsOf(load)));
  const run = new SteadyRun(load, total);
  const lines = await Promise.all(Array.from({ length: load.connections }, () => run.open()));
  await run.toEnd();
  for (const line of lines) line.destroy();
  return run.result();
}

const secondsOf = ({ seconds, warmUpSeconds }: SteadyLoad): number => warmUpSeconds + seconds;

class SteadyRun {
  readonly #load: SteadyLoad;
  readonly #total: number;
  readonly #waitsMs: Float64Array;
  readonly #free: Line[] = [];
  #startMs = 0;
  #sent = 0;
  #answered = 0;
  #failures = 0;

  constructor(load: SteadyLoad, total: number) {
    this.#load = load;
    this.#total = total;
    this.#waitsMs = new Float64Array(total);
  }

  async open(): Promise<Socket> {
    const socket = connect({ ...this.#load, noDelay: true });
    await once(socket, 'connect');
    const line: Line = { socket, text: '', sequence: -1 };
    socket.on('data', (bytes: Buffer) => this.#take(line, bytes));
    // its request stays without an answer, and the line is not used again
    socket.on('error', () => socket.destroy());
    this.#free.push(line);
    return socket;
  }

  /** Keeps its core busy until the end: a timer of a millisecond would send in bursts. */
  async toEnd(): Promise<void> {
    this.#startMs = performance.now();
    const endMs = this.#startMs + secondsOf(this.#load) * 1000 + GRACE_MS;
    await new Promise<void>((resolve) => {
      const turn = () => {
        const nowMs = performance.now();
        this.#sendDue(nowMs);
        if (this.#answered < this.#total && nowMs < endMs) setImmediate(turn);
        else resolve();
      };
      turn();
    });
  }

  result(): SteadyResult {
    const waitedMs = performance.now() - this.#startMs;
    const { perSecond, warmUpSeconds } = this.#load;
    const unanswered = this.#total - this.#answered;
    const waits = this.#waitsMs.map((waitMs, at) =>
      waitMs > 0 ? waitMs : waitedMs - dueMsOf(at, perSecond),
    );
    return {
      requests: this.#answered,
      seconds: secondsOf(this.#load),
      failures: this.#failures + unanswered,
      waitMs: percentilesOf(waits.subarray(Math.round(perSecond * warmUpSeconds))),
    };
  }

  #sendDue(nowMs: number): void {
    const { perSecond, requests } = this.#load;
    const passedMs = nowMs - this.#startMs;
    while (this.#sent < this.#total && dueMsOf(this.#sent, perSecond) <= passedMs) {
      const line = this.#free.shift();
      if (line === undefined) return;
      line.sequence = this.#sent;
      line.socket.write(requests[this.#sent % requests.length] ?? '');
      this.#sent += 1;
    }
  }

  #take(line: Line, bytes: Buffer): void {
    line.text = line.text === '' ? bytes.toString('latin1') : line.text + bytes.toString('latin1');
    const response = responseIn(line.text);
    if (response === undefined) return;
    line.text = '';
    const dueMs = this.#startMs + dueMsOf(line.sequence, this.#load.perSecond);
    this.#waitsMs[line.sequence] = performance.now() - dueMs;
    this.#answered += 1;
    if (response.status !== 200) this.#failures += 1;
    this.#free.push(line);
  }
}

/** A connection and the request on it. */
interface Line {
  readonly socket: Socket;
  text: string;
  sequence: number;
}
