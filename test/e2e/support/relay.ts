// Runs inside the caller pod: reads one request a line from standard input, makes it from there,
// and writes one answer a line. `caller.ts` sends this file as text, so it loads nothing but
// Node's own.
import { createInterface } from 'node:readline';

/** A request to make from inside the cluster. */
export interface RelayRequest {
  id: number;
  url: string;
  method: string;
  headers: Record<string, string>;
  body: string | null;
  timeoutMs: number;
}

/** What came of it: an HTTP answer, or why there was none (a code such as ECONNREFUSED). */
export type RelayAnswer =
  | { id: number; status: number; headers: Record<string, string>; body: string }
  | { id: number; failure: string };

async function answerTo({ id, url, timeoutMs, ...init }: RelayRequest): Promise<RelayAnswer> {
  try {
    const got = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
    const body = await got.text();
    return { id, status: got.status, headers: Object.fromEntries(got.headers), body };
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return { id, failure: cause?.code ?? message };
  }
}

const say = (answer: RelayAnswer): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  void answerTo(JSON.parse(line)).then(say);
}
