// The rotation of a token on a real API server: a new one beside the old, lines of the user's own
// untouched, and the old one gone when its time is over.
import { describe, expect, it } from 'vitest';
import { DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, useOperator } from './operator-suite.ts';

const suite = useOperator();

async function linesOf(place: Place, name = 'orders-token'): Promise<string[]> {
  const { data } = await place.get(SECRET, name);
  return Buffer.from(data.token, 'base64').toString().split('\n');
}

const ask = (place: Place, value: string) =>
  place.change(DUMBKV, 'orders', {
    metadata: { annotations: { 'dumbkv.dev/rotate-token': value } },
  });

describe('a rotation', () => {
  it('brings a new token beside the old, whose time then ends by itself', async () => {
    const place = await suite.place();
    await bringUp(place, { auth: { tokenOverlap: '3s' } });
    const [old = ''] = await linesOf(place);
    const token = Buffer.from(`${old}\nmine read-only`).toString('base64');
    await place.change(SECRET, 'orders-token', { data: { token } });
    await ask(place, 'monday');
    const [fresh, ...left] = await until('the old token is gone', async () => {
      const lines = await linesOf(place);
      return lines.length === 2 && lines[0] !== old && lines;
    });
    expect(fresh).toMatch(/^[\w-]{43}$/);
    expect(left).toEqual(['mine read-only']);
    await until('the status says nothing of it any more', async () => {
      const { status } = await place.get(DUMBKV, 'orders');
      return status.oldTokensUntil === undefined;
    });
    await suite.settled(place);
    expect(await linesOf(place)).toEqual([fresh, 'mine read-only']);
  });

  it('keeps the old token while its time lasts, and tells until when', async () => {
    const place = await suite.place();
    await bringUp(place);
    const [old] = await linesOf(place);
    await ask(place, 'monday');
    const told = await until('the status tells', async () => {
      return (await place.get(DUMBKV, 'orders')).status.oldTokensUntil as string | undefined;
    });
    expect(Date.parse(told)).toBeGreaterThan(Date.now());
    const lines = await linesOf(place);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toBe(old);
  });
});
