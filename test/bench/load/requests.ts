// The requests of a run, rendered before it begins: a generator that thinks while it sends measures
// itself. Their file has the length of each request, a newline, and its bytes.
// Next: `requests.lua` and `steady-main.ts` read it.
import { writeFileSync } from 'node:fs';
import type { HttpRequest } from '../peers/peer.ts';

const NEWLINE = 10;

/** A request as it goes over the wire, on a connection that is kept. */
export function wireTextOf(origin: string, { method, path, headers, body }: HttpRequest): string {
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ host: new URL(origin).host, ...headers, ...length });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${path} HTTP/1.1\r\n${head}\r\n${body ?? ''}`;
}

/** The bytes of a file of requests. */
export function requestsFileOf(origin: string, requests: readonly HttpRequest[]): Buffer {
  const parts = requests.map((request) => {
    const bytes = Buffer.from(wireTextOf(origin, request));
    return Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes]);
  });
  return Buffer.concat(parts);
}

export const writeRequests = (path: string, origin: string, requests: readonly HttpRequest[]) =>
  writeFileSync(path, requestsFileOf(origin, requests));

/** The requests in the bytes of such a file. */
export function readRequests(file: Buffer): Buffer[] {
  const requests: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const start = file.indexOf(NEWLINE, at) + 1;
    const end = start + Number(file.toString('latin1', at, start - 1));
    requests.push(file.subarray(start, end));
    at = end;
  }
  return requests;
}
