// Keys that other replicas have made: read once for all who need them, and again after a failure.
// The store is an array here; real replicas are in test/server/postgres-keys.test.ts.
import { expect, test } from 'vitest';
import { parseSealingKeyFile, sealingKeyFileText } from '../../../../../server/sealing/key-file.ts';
import { KeyRing, type WrappedKey } from '../../../../../server/sealing/key-ring.ts';
import { OwnKey, ReplicaKeys } from '../../../../../server/store/postgres/keys.ts';

const STORE_ID = Buffer.alloc(16, 1);
const FILE = parseSealingKeyFile(sealingKeyFileText(Buffer.alloc(32, 1)));

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A store with a data key of another replica, of which this one knows nothing yet. */
function newReplica() {
  const rows: WrappedKey[] = [];
  const other = new KeyRing(STORE_ID, FILE);
  const { id } = other.dataKeyForSealing(2, (purpose, kekId, wrap) => {
    rows.push({ id: 7, purpose, kekId, wrapped: wrap(7) });
    return 7;
  });
  const state = { isAway: false, reads: 0, held: Promise.resolve() };
  const read = async () => {
    state.reads += 1;
    await state.held;
    if (state.isAway) throw new Error('the database is away');
    return rows as never[];
  };
  const ring = new KeyRing(STORE_ID, FILE);
  return { keys: new ReplicaKeys(ring, { read }), ring, state, row: { dataKeyId: id } };
}

test('a key that is not known is read, by one for all, and then known', async () => {
  const { keys, ring, state, row } = newReplica();
  await Promise.all(Array.from({ length: 100 }, () => keys.meet([row])));
  expect(ring.dataKey(7)).toBeDefined();
  expect(state.reads).toBe(1);
  await keys.meet([row]);
  expect(state.reads).toBe(1);
});

test('a read that is under way may be too old, so who comes then has one more made', async () => {
  const { keys, state, row } = newReplica();
  let release = (): void => {};
  state.held = new Promise((resolve) => {
    release = resolve;
  });
  const first = keys.meet([{ dataKeyId: 8 }]);
  await turn();
  const others = Array.from({ length: 100 }, () => keys.meet([{ dataKeyId: 9 }]));
  await turn();
  release();
  expect(await Promise.all([first, ...others])).not.toContain(true);
  expect(state.reads).toBe(2);
  expect(await keys.meet([row])).toBe(true);
});

test('a read that fails is told, and the next one is made all the same', async () => {
  const { keys, ring, state, row } = newReplica();
  state.isAway = true;
  await expect(keys.meet([row])).rejects.toThrow('the database is away');
  state.isAway = false;
  await keys.meet([row]);
  expect(ring.dataKey(7)).toBeDefined();
});

test('what the store does not hold is no failure of this', async () => {
  const { keys, ring } = newReplica();
  await keys.meet([{ dataKeyId: 8 }]);
  expect(ring.knows(8)).toBe(false);
});

test('rows whose key is gone by the time it is asked for are read once more', async () => {
  const { keys, row } = newReplica();
  const gone = { dataKeyId: 6 };
  const reads = [[gone], [row]];
  expect(await keys.met(async () => reads.shift() ?? [])).toEqual([row]);
  expect(reads).toEqual([]);
});

test('a key that is gone for good is asked for twice, and told by who opens', async () => {
  const { keys } = newReplica();
  const gone = { dataKeyId: 6 };
  let reads = 0;
  const read = async () => {
    reads += 1;
    return [gone];
  };
  expect(await keys.met(read)).toEqual([gone]);
  expect(reads).toBe(2);
});

/** The data key of a replica that has written, with what it keeps. */
function newOwnKey() {
  const ring = new KeyRing(STORE_ID, FILE);
  const own = new OwnKey(ring);
  own.id = 3;
  const { id } = ring.dataKeyForSealing(2, own.keep);
  return { ring, own, id };
}

test('a new key is asked for only once the store has it', () => {
  const { own } = newOwnKey();
  expect(own.keptId).toBeUndefined();
  own.saved(own.unsaved);
  expect(own.keptId).toBe(3);
});

test('a key that may seal seals on; one that is retired or gone does not', () => {
  for (const [answer, kept] of [
    [[{ maySeal: true }], 3],
    [[{ maySeal: false }], undefined],
    [[], undefined],
  ] as const) {
    const { own } = newOwnKey();
    own.saved(own.unsaved);
    own.see(answer);
    expect(own.keptId).toBe(kept);
  }
});
