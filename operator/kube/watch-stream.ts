// Turns the bytes of a watch into events: one JSON object a line, each of bounded length. The
// reflector (watch/reflector.ts) consumes them.
import { kubeLimits } from '../limits.ts';
import { TransportError } from './api-errors.ts';
import type { WatchEvent } from './client.ts';

const NEWLINE = 0x0a;

/**
 * The events of a watch's body. Ends when the body ends between lines; a line that is too long,
 * that is not an event, or that the end cuts is a TransportError `DKV_KUBE_BAD_ANSWER`.
 */
export async function* watchEvents(
  body: AsyncIterable<Uint8Array>,
  path: string,
  lineSizeBytes: number = kubeLimits.watchLineSizeBytes,
): AsyncGenerator<WatchEvent> {
  for await (const line of lines(body, path, lineSizeBytes)) {
    if (line.length > 0) yield parseEvent(line, path);
  }
}

async function* lines(
  body: AsyncIterable<Uint8Array>,
  path: string,
  lineSizeBytes: number,
): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield textOf([...parts, chunk.subarray(start, end)]);
      parts = [];
      sizeBytes = 0;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    sizeBytes += rest.length;
    if (sizeBytes > lineSizeBytes) {
      throw badAnswer(path, `an event is longer than ${lineSizeBytes} bytes`);
    }
    if (rest.length > 0) parts.push(rest);
  }
  if (textOf(parts) !== '') throw badAnswer(path, 'the stream ended within an event');
}

function textOf(parts: Uint8Array[]): string {
  return Buffer.concat(parts).toString('utf8').trim();
}

function parseEvent(line: string, path: string): WatchEvent {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw badAnswer(path, 'an event is not JSON', cause);
  }
  if (!isEvent(event)) throw badAnswer(path, 'an event has no type or no object');
  return event;
}

function isEvent(value: unknown): value is WatchEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { type, object } = value as Partial<WatchEvent>;
  return typeof type === 'string' && typeof object === 'object' && object !== null;
}

function badAnswer(path: string, why: string, cause?: unknown): TransportError {
  return new TransportError('DKV_KUBE_BAD_ANSWER', `WATCH ${path}: ${why}`, { cause });
}
