// The rotation of tokens as text: which lines are whose, when the old ones go, and that what cannot
// be read does no harm.
import { describe, expect, it } from 'vitest';
import {
  isRotationAsked,
  type RotatedTokens,
  retirementsMs,
  rotationMark,
  rotationOf,
  withFreshToken,
  withoutRetired,
} from '../../../../operator/tokens/rotation.ts';
import { dumbkv } from '../../../support/objects.ts';

const NOW_MS = Date.parse('2030-01-01T00:00:00Z');
const asking = (value: string, auth: object = {}) =>
  dumbkv({ metadata: { annotations: { 'dumbkv.dev/rotate-token': value } }, spec: { auth } });
const plain = (text: string): RotatedTokens => ({ text, rotation: { retiring: [] } });
const fresh = (tokens: RotatedTokens, name = 'new', nowMs = NOW_MS, auth: object = {}) =>
  withFreshToken(tokens, asking(name, auth), { fresh: name, nowMs });
const metadata = (rotation?: string) => ({
  name: 'orders-token',
  ...(rotation && { annotations: { 'dumbkv.dev/token-rotation': rotation } }),
});

describe('a fresh token', () => {
  it.each([
    ['the one token', 'old', 'new\nold'],
    ['the first of several', 'old\nmine', 'new\nold\nmine'],
    ['what it may do', 'old read-only\n', 'new read-only\nold read-only\n'],
    ['the lines before it', '# note\n\n old', '# note\n\n new\n old'],
    ['no token at all', '', 'new\n'],
    ['a text that looks like a pattern', '$&', 'new\n$&'],
  ])('takes the place of %s', (_case, text, after) => {
    expect(fresh(plain(text)).text).toBe(after);
  });

  it('keeps the old one for an hour, or as long as is asked', () => {
    const until = (auth: object) => retirementsMs(fresh(plain('old'), 'n', NOW_MS, auth).rotation);
    expect(until({})).toEqual([NOW_MS + 3_600_000]);
    expect(until({ tokenOverlap: '90s' })).toEqual([NOW_MS + 90_000]);
    expect(until({ tokenOverlap: '5m' })).toEqual([NOW_MS + 300_000]);
    expect(until({ tokenOverlap: '2h' })).toEqual([NOW_MS + 7_200_000]);
  });

  it('does not tell the old one', () => {
    const { rotation } = fresh(plain('a-secret-token'));
    expect(JSON.stringify(rotation)).not.toContain('a-secret-token');
  });

  it('answers what was asked, once', () => {
    const { rotation } = fresh(plain('old'), 'monday');
    const kept = rotationOf(metadata(JSON.stringify(rotation)));
    expect(kept).toEqual(rotation);
    expect(isRotationAsked(asking('monday'), kept)).toBe(false);
    expect(isRotationAsked(asking('tuesday'), kept)).toBe(true);
    expect(isRotationAsked(dumbkv(), kept)).toBe(false);
    expect(rotationMark(asking('x'.repeat(100_000)))).toHaveLength(32);
  });
});

describe('an old token', () => {
  it('goes when its own time is over, and nothing else goes', () => {
    const once = fresh(plain('one\nmine'), 'two');
    const twice = fresh(once, 'three', NOW_MS + 60_000);
    expect(twice.text).toBe('three\ntwo\none\nmine');
    const before = withoutRetired(twice, NOW_MS + 3_599_999);
    expect(before).toEqual({ ...twice, isKept: false });
    const first = withoutRetired(twice, NOW_MS + 3_600_000);
    expect(first.text).toBe('three\ntwo\nmine');
    const second = withoutRetired(first, NOW_MS + 3_660_000);
    expect(second.text).toBe('three\nmine');
    expect(second.rotation).toEqual({ mark: rotationMark(asking('three')), retiring: [] });
  });

  it('that the user took away already is not missed', () => {
    const { rotation } = fresh(plain('old'));
    const { text } = withoutRetired({ text: 'new', rotation }, NOW_MS + 3_600_000);
    expect(text).toBe('new');
  });

  it('that is the only one by then stays, and is no old one any more', () => {
    const { rotation } = fresh(plain('old'));
    const kept = withoutRetired({ text: '# mine\nold\n', rotation }, NOW_MS + 3_600_000);
    expect(kept).toMatchObject({ text: '# mine\nold\n', isKept: true });
    expect(kept.rotation.retiring).toEqual([]);
    const twice = fresh(fresh(plain('one'), 'two'), 'three');
    const both = withoutRetired({ ...twice, text: 'two\none' }, NOW_MS + 3_600_000);
    expect(both).toMatchObject({ text: 'two\none', isKept: true });
  });

  it('goes where others of the user are left, and is not missed in a Secret without any', () => {
    const { rotation } = fresh(plain('old'));
    const left = (text: string) => withoutRetired({ text, rotation }, NOW_MS + 3_600_000);
    expect(left('old\nmine read-only')).toMatchObject({ text: 'mine read-only', isKept: false });
    expect(left('# none')).toMatchObject({ text: '# none', isKept: false });
  });

  it('is not known where the annotation cannot be read', () => {
    for (const damaged of [undefined, '', '{', 'null', '{"retiring":1}', '[]']) {
      expect(rotationOf(metadata(damaged)).retiring).toEqual([]);
    }
    const odd = { mark: 'm', retiring: [{ digest: 'x', until: 'soon' }] };
    expect(rotationOf(metadata(JSON.stringify(odd)))).toEqual({ mark: 'm', retiring: [] });
  });
});
