// Runs inside the caller pod: reads one request a line from standard input, makes it from there,
// and writes one answer a line. `caller.ts` sends this file as text, so it loads nothing but
// Node's own.
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

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

/**
 * Connections are kept, as clients do, which saves a name lookup for each request; but not for
 * long, since those to a pod that was taken away hang.
 */
const agent = new Agent({ keepAlive: true, timeout: 1_000 });

function answerTo({ id, url, method, body, timeoutMs, ...given }: RelayRequest) {
  // Node gives a DELETE no length of its own accord
  const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const headers = { ...given.headers, ...length };
  return new Promise<RelayAnswer>((resolve) => {
    const fail = (error: NodeJS.ErrnoException) =>
      resolve({ id, failure: error.code ?? error.message });
    const signal = AbortSignal.timeout(timeoutMs);
    const options = { method, headers, agent, signal };
    const asked = request(url, options, (answer) => {
      text(answer).then((said) => {
        const { statusCode: status = 0, headers: fields } = answer;
        resolve({ id, status, headers: fields as Record<string, string>, body: said });
      }, fail);
    });
    asked.on('error', fail).end(body ?? undefined);
  });
}

const say = (answer: RelayAnswer): boolean => process.stdout.write(`${JSON.stringify(answer)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  void answerTo(JSON.parse(line)).then(say);
}
