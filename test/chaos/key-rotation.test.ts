// A rotation goes the way that the manual asks for: no file ever lacks a key that is needed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseSealingKeyFile } from '../../server/sealing/key-file.ts';
import { tempFolder } from '../server/support/temp-folder.ts';
import { Chance } from './chance.ts';
import { KeyRotation } from './key-rotation.ts';

function begun() {
  const folder = tempFolder();
  const keyFiles = ['a', 'b', 'c'].map((name) => join(folder, name));
  const rotation = new KeyRotation(keyFiles, new Chance(1));
  /** The ids of the keys of each file. */
  const held = () =>
    keyFiles.map((path) => parseSealingKeyFile(readFileSync(path, 'utf8')).map(({ id }) => id));
  const [old = ''] = held()[0] ?? [];
  return { rotation, held, old };
}

const isDone = async () => true;

test('all files begin with one key', () => {
  const { rotation, held, old } = begun();
  expect(held()).toEqual([[old], [old], [old]]);
  expect(rotation.isUnderWay).toBe(false);
});

test('a new key is added everywhere, made the first of each file, and left alone', async () => {
  const { rotation, held, old } = begun();
  await rotation.step(isDone);
  const fresh = held()[0]?.[1] ?? '';
  expect(held()).toEqual(Array(3).fill([old, fresh]));
  for (const changed of [1, 2, 3]) {
    await rotation.step(isDone);
    expect(held().filter(([first]) => first === fresh)).toHaveLength(changed);
    expect(held().flat().sort()).toEqual([old, old, old, fresh, fresh, fresh].sort());
  }
  expect(rotation.isUnderWay).toBe(true);
  await rotation.step(isDone);
  expect(held()).toEqual([[fresh], [fresh], [fresh]]);
  expect(parseSealingKeyFile(rotation.line)[0]?.id).toBe(fresh);
  expect([rotation.isUnderWay, rotation.count]).toEqual([false, 1]);
});

test('the old key stays until it is certain that nothing needs it', async () => {
  const { rotation, held, old } = begun();
  const asked: string[] = [];
  const isNeeded = async (keyId: string) => {
    asked.push(keyId);
    return false;
  };
  for (let step = 0; step < 8; step += 1) await rotation.step(isNeeded);
  const fresh = parseSealingKeyFile(rotation.line)[0]?.id ?? '';
  expect(asked).toEqual(Array(4).fill(fresh));
  expect(held()).toEqual(Array(3).fill([fresh, old]));
  await rotation.step(isDone);
  expect(held()).toEqual(Array(3).fill([fresh]));
});
