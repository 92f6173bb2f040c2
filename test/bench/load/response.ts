// Where an HTTP response ends, for a generator that must not spend its core on reading: enough for
// what the peers send, each with a length or in chunks.
// Next: `steady-loop.ts`.

const HEAD_END = '\r\n\r\n';
const CHUNKS_END = '\r\n0\r\n\r\n';

/** A response that has come whole. */
export interface Response {
  readonly status: number;
  /** Its length, head and body. */
  readonly length: number;
}

/** The first response in `text` (one character a byte); undefined while some of it is missing. */
export function responseIn(text: string): Response | undefined {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd === -1) return undefined;
  const status = Number(text.slice(9, 12));
  const bodyAt = headEnd + HEAD_END.length;
  const head = text.slice(0, headEnd);
  const bytes = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (bytes !== undefined) {
    const length = bodyAt + Number(bytes);
    return text.length < length ? undefined : { status, length };
  }
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return { status, length: bodyAt };
  const end = text.indexOf(CHUNKS_END, headEnd);
  return end === -1 ? undefined : { status, length: end + CHUNKS_END.length };
}
