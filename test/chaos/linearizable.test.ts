// The checker itself: it passes what can be put in order, finds what cannot, and says the same as
// trying all orders.
import { expect, test } from 'vitest';
import { Chance } from './chance.ts';
import { firstMisfit, type Operation } from './linearizable.ts';
import { type Action, type Expected, register } from './register.ts';

type Timed = Operation<Action>;

const at = (called: number, returned: number, action: Action, isUncertain = false): Timed => ({
  ...{ action, called, returned, isUncertain },
});

const get = (found: string | null): Action => ({ kind: 'get', found });
const put = (value: string, expected?: Expected): Action => ({
  ...{ kind: 'put', value, expected, outcome: 'stored' },
});
const refused = (value: string, expected: Expected): Action => ({
  ...{ kind: 'put', value, expected, outcome: 'refused' },
});
const remove: Action = { kind: 'remove', expected: undefined, outcome: 'done' };
const unknown = (called: number, returned: number, action: Action) =>
  at(called, returned, action, true);

test.each<[string, Timed[]]>([
  ['nothing', []],
  ['a write that is read', [at(1, 2, put('a')), at(3, 4, get('a'))]],
  ['nothing before the first write', [at(1, 2, get(null)), at(3, 4, put('a'))]],
  ['a read that sees a write under way', [at(1, 4, put('a')), at(2, 3, get('a'))]],
  ['a read that does not yet', [at(1, 4, put('a')), at(2, 3, get(null))]],
  [
    'two writes in the order in which reads have them',
    [at(1, 8, put('a')), at(2, 7, put('b')), at(3, 4, get('b')), at(5, 6, get('a'))],
  ],
  [
    'a write without an answer, seen later',
    [unknown(1, 9, put('a')), at(2, 3, get(null)), at(4, 5, get('a'))],
  ],
  ['one that is never seen', [at(1, 2, put('a')), unknown(3, 9, put('b')), at(10, 11, get('a'))]],
  ['a removal', [at(1, 2, put('a')), at(3, 4, remove), at(5, 6, get(null))]],
  ['one of two makes it', [at(1, 4, put('a', null)), at(2, 3, refused('b', null))]],
  [
    'a version that is replaced once',
    [at(1, 2, put('a')), at(3, 6, put('b', 'a')), at(4, 5, refused('c', 'a')), at(7, 8, get('b'))],
  ],
])('%s is sound', (_, history) => {
  expect(firstMisfit(register, history)).toBeUndefined();
});

test.each<[string, Timed[], Timed]>([
  ['a value that nobody wrote', [], at(1, 2, get('a'))],
  ['a write that is lost', [at(1, 2, put('a'))], at(3, 4, get(null))],
  ['an old value', [at(1, 2, put('a')), at(3, 4, put('b'))], at(5, 6, get('a'))],
  [
    'a value that comes back',
    [at(1, 8, put('a')), at(2, 7, put('b')), at(3, 4, get('a')), at(5, 6, get('b'))],
    at(9, 10, get('a')),
  ],
  ['a value from the future', [at(3, 4, put('a'))], at(1, 2, get('a'))],
  ['a removal that is lost', [at(1, 2, put('a')), at(3, 4, remove)], at(5, 6, get('a'))],
  ['two that both make it', [at(1, 4, put('a', null))], at(2, 5, put('b', null))],
  [
    'two that both replace a version',
    [at(1, 2, put('a')), at(3, 6, put('b', 'a'))],
    at(4, 7, put('c', 'a')),
  ],
  ['a refusal without a reason', [at(1, 2, put('a'))], at(3, 4, refused('b', 'a'))],
  [
    'a write without an answer that comes after its end',
    [unknown(1, 4, put('a')), at(5, 6, get(null))],
    at(7, 8, get('a')),
  ],
  [
    'a write without an answer that goes again',
    [unknown(1, 9, put('a')), at(2, 3, get('a'))],
    at(4, 5, get(null)),
  ],
  [
    'a write that was created where one was',
    [at(1, 2, put('a'))],
    at(3, 4, { kind: 'put', value: 'b', expected: undefined, outcome: 'created' }),
  ],
])('%s is found', (_, before, misfit) => {
  expect(firstMisfit(register, [...before, misfit])).toBe(misfit);
});

/** Tries all orders that keep to the calls and returns. */
function hasOrder(history: readonly Timed[], state: string | null = register.initial): boolean {
  if (history.length === 0) return true;
  const firstReturn = Math.min(...history.map(({ returned }) => returned));
  return history.some((operation) => {
    if (operation.called > firstReturn) return false;
    const others = history.filter((other) => other !== operation);
    if (operation.isUncertain && hasOrder(others, state)) return true;
    const next = register.step(state, operation.action);
    return next !== undefined && hasOrder(others, next);
  });
}

/** Some operations at random moments, with outcomes that may or may not be possible. */
function randomHistory(chance: Chance): Timed[] {
  const length = 2 + chance.below(6);
  const moments = Array.from({ length: 2 * length }, (_, i) => ({ i, by: chance.next() }));
  const shuffled = moments.sort((a, b) => a.by - b.by).map(({ i }) => i);
  const values = ['a', 'b', 'c'];
  return Array.from({ length }, (_, i) => {
    const [called = 0, returned = 0] = shuffled.slice(2 * i, 2 * i + 2).sort((a, b) => a - b);
    const found = chance.pick([...values, null]);
    const action = chance.pick([
      get(found),
      put(chance.pick(values)),
      put(chance.pick(values), found),
      refused(chance.pick(values), found),
      remove,
    ]);
    return at(called, returned, action, action.kind !== 'get' && chance.happens(0.3));
  }).filter(
    ({ action, isUncertain }) =>
      !(isUncertain && 'outcome' in action && action.outcome === 'refused'),
  );
}

test('it says the same as trying all orders', () => {
  const chance = new Chance(1);
  const said = { sound: 0, unsound: 0 };
  for (let i = 0; i < 20_000; i += 1) {
    const history = randomHistory(chance);
    const isSound = firstMisfit(register, history) === undefined;
    expect(isSound, JSON.stringify(history)).toBe(hasOrder(history));
    said[isSound ? 'sound' : 'unsound'] += 1;
  }
  expect(Math.min(said.sound, said.unsound)).toBeGreaterThan(1_000);
});

test('many operations at once, and many without an answer, are no burden', () => {
  const writes = Array.from({ length: 60 }, (_, i) => unknown(i + 1, 100_000 + i, put(`u${i}`)));
  const pairs = Array.from({ length: 4_000 }, (_, i) => [
    at(100.1 + i, 100.5 + i, put(`v${i}`)),
    at(100.6 + i, 100.7 + i, get(i % 7 === 0 ? `u${i % 60}` : `v${i}`)),
  ]);
  const seen = new Set<string | null>();
  const history = [...writes, ...pairs.flat()].filter(({ action }) => {
    if (action.kind !== 'get') return true;
    const isNew = !seen.has(action.found);
    seen.add(action.found);
    return isNew;
  });
  expect(firstMisfit(register, history)).toBeUndefined();
});
