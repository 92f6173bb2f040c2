// Sends a batch under /v1 and says what became of it: made, certainly not made, or not known.
// Used by `batch-load.ts`.
import { codeOf, type HttpClient, REFUSALS } from './http-client.ts';

export type BatchOperation =
  | { readonly op: 'put'; readonly key: string; readonly value: string }
  | { readonly op: 'delete'; readonly key: string }
  | { readonly op: 'add'; readonly key: string };

export interface BatchResult {
  /** 0 of a removal where there was nothing. */
  readonly revision: number;
  /** Of a counter. */
  readonly value?: string;
}

/** The results, in the order of the operations, if it is known that there are any. */
export type BatchOutcome = readonly BatchResult[] | 'nothing' | 'unknown';

const headers = { 'content-type': 'application/json' };

/** Throws at an answer that can never be right. */
export async function sendBatch(
  http: HttpClient,
  operations: readonly BatchOperation[],
): Promise<BatchOutcome> {
  const path = '/v1/databases/0/batch';
  const body = JSON.stringify({ operations });
  const reply = await http.send({ method: 'POST', path, headers, body });
  const { status, text } = reply;
  if (status === 200) {
    const { results } = JSON.parse(text) as { results: { revision: string; value?: string }[] };
    return results.map((result) => ({ ...result, revision: Number(result.revision) }));
  }
  const code = codeOf(reply) ?? '';
  if (status === 0 || code === 'DKV_WRITE_UNCERTAIN') return 'unknown';
  if (REFUSALS.includes(code)) return 'nothing';
  throw new Error(`a batch was answered with ${status}: ${text.slice(0, 200)}`);
}
