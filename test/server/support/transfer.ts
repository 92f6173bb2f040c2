// Exports and imports over real connections, with all that came and a hand on the pace.
// Used by the tests of export and import.
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { waitFor } from './wait-for.ts';

export type JsonLine = Record<string, unknown>;

/** The whole lines of a text; the last one may have been cut. */
export const wholeLines = (text: string): JsonLine[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JsonLine);

export interface OpenTransfer {
  readonly request: ClientRequest;
  /** The lines that have come so far. */
  lines(): JsonLine[];
  /** The status, once there is one. */
  status(): number | undefined;
  /** Waits for a line; the last one where nothing is said of it. */
  until(what: string, isIt: (line: JsonLine) => boolean): Promise<JsonLine>;
  /** Waits for the end, or the cut. */
  over(): Promise<'ended' | 'cut'>;
  readonly reply: () => IncomingMessage | undefined;
}

const NDJSON = { 'content-type': 'application/x-ndjson' };

/** Begins an import; the caller writes lines and ends it. */
export const openImport = (url: string, token?: string): OpenTransfer =>
  follow(request(url, options('POST', token)));

/** Begins an export. */
export const openExport = (url: string): OpenTransfer => follow(request(url, options('GET')).end());

const options = (method: string, token?: string) => ({
  method,
  agent: false as const,
  headers: {
    ...(method === 'POST' ? NDJSON : {}),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  },
});

function follow(sent: ClientRequest): OpenTransfer {
  onTestFinished(() => void sent.destroy());
  let text = '';
  let reply: IncomingMessage | undefined;
  let outcome: 'ended' | 'cut' | undefined;
  sent.on('error', () => {
    outcome ??= 'cut';
  });
  sent.on('response', (message) => {
    reply = message;
    message.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    message.on('error', () => {});
    message.once('close', () => {
      outcome = message.complete ? 'ended' : 'cut';
    });
  });
  const lines = () => wholeLines(text);
  return {
    request: sent,
    lines,
    status: () => reply?.statusCode,
    until: (what, isIt) => waitFor(what, () => lines().find(isIt)),
    over: () => waitFor('the end of the reply', () => outcome),
    reply: () => reply,
  };
}
