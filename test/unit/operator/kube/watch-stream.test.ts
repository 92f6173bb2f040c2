// A watch's bytes become events, however they are cut into chunks; what is no event ends the
// stream with an error that says so.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../../../operator/kube/client.ts';
import { watchEvents } from '../../../../operator/kube/watch-stream.ts';

const event = (name: string): WatchEvent => ({ type: 'ADDED', object: { metadata: { name } } });

/** The text as chunks that end at these offsets. */
async function* chunks(text: string, ends: number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  let start = 0;
  for (const end of [...ends.sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(start, Math.max(start, end));
    start = Math.max(start, end);
  }
}

/** All events of a text, or the error that ended them. */
async function read(text: string, ends: number[] = [], lineSizeBytes?: number) {
  const events: WatchEvent[] = [];
  try {
    for await (const one of watchEvents(chunks(text, ends), '/api/v1/x', lineSizeBytes)) {
      events.push(one);
    }
  } catch (error) {
    return { events, error: String(error) };
  }
  return { events };
}

const lines = (...events: WatchEvent[]) => events.map((one) => `${JSON.stringify(one)}\n`).join('');

describe('watchEvents', () => {
  it('gives the same events wherever the chunks are cut, through any character', async () => {
    const names = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(names, fc.array(fc.nat(300)), async (texts, ends) => {
        const events = texts.map(event);
        expect(await read(lines(...events), ends)).toEqual({ events });
      }),
    );
  });

  it('passes over empty lines', async () => {
    const text = `\n${lines(event('a'))}\r\n\n${lines(event('b'))}`;
    expect((await read(text)).events).toEqual([event('a'), event('b')]);
  });

  it('ends with an error when the end cuts a line', async () => {
    const { events, error } = await read(`${lines(event('a'))}{"type":"ADD`);
    expect(events).toEqual([event('a')]);
    expect(error).toContain('WATCH /api/v1/x: the stream ended within an event');
  });

  it.each([
    ['not JSON', 'an event is not JSON'],
    ['7', 'an event has no type or no object'],
    ['null', 'an event has no type or no object'],
    ['{"type":"ADDED"}', 'an event has no type or no object'],
    ['{"type":"ADDED","object":null}', 'an event has no type or no object'],
    ['{"object":{}}', 'an event has no type or no object'],
  ])('ends with an error at a line that is %s', async (line, why) => {
    const { events, error } = await read(`${lines(event('a'))}${line}\n${lines(event('b'))}`);
    expect(events).toEqual([event('a')]);
    expect(error).toContain(why);
  });

  it('does not keep more than the longest line allowed', async () => {
    const long = 'x'.repeat(5000);
    const ends = Array.from({ length: 50 }, (_, index) => index * 100);
    const { error } = await read(long, ends, 1000);
    expect(error).toContain('an event is longer than 1000 bytes');
    const many = lines(...Array.from({ length: 100 }, () => event('a')));
    expect((await read(many, [], 1000)).events).toHaveLength(100);
  });
});
