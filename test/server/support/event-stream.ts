// A reader of server-sent events over a real connection, which keeps all that came.
// Used by the tests of the change feed.
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { waitFor } from './wait-for.ts';

export interface SentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly data?: Record<string, unknown>;
}

export interface EventReader {
  readonly request: ClientRequest;
  readonly reply: IncomingMessage;
  /** All blocks so far: events, and what only moves the position on. */
  blocks(): SentEvent[];
  /** Those with data. */
  events(): SentEvent[];
  /** Waits until so many events have come. */
  until(count: number): Promise<SentEvent[]>;
  /** Whether the stream has come to its end, and not been cut. */
  hasEnded(): boolean;
}

/** Opens a feed, which is gone when the running test ends. */
export async function openEvents(
  url: string,
  headers: Record<string, string> = {},
): Promise<EventReader> {
  const accept = { accept: 'text/event-stream' };
  const sent = request(url, { headers: { ...accept, ...headers }, agent: false }).end();
  onTestFinished(() => void sent.destroy());
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
  let text = '';
  reply.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  reply.on('error', () => {});
  sent.on('error', () => {});
  const blocks = () => text.split('\n\n').slice(0, -1).map(parseBlock);
  const events = () => blocks().filter(({ data }) => data !== undefined);
  return {
    request: sent,
    reply,
    blocks,
    events,
    until: (count) =>
      waitFor(`${count} events`, () => (events().length >= count ? events() : undefined)),
    hasEnded: () => reply.complete,
  };
}

function parseBlock(block: string): SentEvent {
  const fields = block.split('\n').map((line) => {
    const colon = line.indexOf(': ');
    const [name, text] = [line.slice(0, colon), line.slice(colon + 2)];
    return [name, name === 'data' ? JSON.parse(text) : text];
  });
  return Object.fromEntries(fields) as SentEvent;
}
