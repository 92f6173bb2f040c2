// Rotations of the sealing keys of several replicas, a step at a time, as docs/server.md asks for
// them: a new key is added everywhere, then made the first of one file after the other, then the
// old one is removed. Used by `replicas.ts`.
import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { sealingKeyFileText, sealingKeyFingerprint } from '../../server/sealing/key-file.ts';
import type { Chance } from './chance.ts';

interface Key {
  readonly line: string;
  readonly id: string;
}

export class KeyRotation {
  readonly keyFiles: readonly string[];
  readonly #chance: Chance;
  #old: Key | undefined;
  #first = newKey();
  /** The files of which the old key is still the first. */
  #behind: string[] = [];
  /** How many have come to their end. */
  count = 0;

  constructor(keyFiles: readonly string[], chance: Chance) {
    this.keyFiles = keyFiles;
    this.#chance = chance;
    for (const keyFile of keyFiles) replaceFile(keyFile, this.#first.line);
  }

  get isUnderWay(): boolean {
    return this.#old !== undefined;
  }

  /** The line of the newest key. */
  get line(): string {
    return this.#first.line;
  }

  /** `isDone`: whether all replicas have the key of this id as their first, and need no other. */
  async step(isDone: (keyId: string) => Promise<boolean>): Promise<string> {
    const old = this.#old;
    if (old === undefined) return this.#begin(this.#first);
    if (this.#behind.length > 0) {
      const [keyFile = ''] = this.#behind.splice(this.#chance.below(this.#behind.length), 1);
      replaceFile(keyFile, this.#first.line + old.line);
      return 'a new sealing key made the first of a file';
    }
    if (!(await isDone(this.#first.id))) return 'an old sealing key still needed';
    this.#old = undefined;
    this.count += 1;
    for (const keyFile of this.keyFiles) replaceFile(keyFile, this.#first.line);
    return 'an old sealing key removed';
  }

  #begin(old: Key): string {
    this.#old = old;
    this.#first = newKey();
    this.#behind = [...this.keyFiles];
    for (const keyFile of this.keyFiles) replaceFile(keyFile, old.line + this.#first.line);
    return 'a new sealing key added';
  }
}

function newKey(): Key {
  const bytes = randomBytes(32);
  return { line: sealingKeyFileText(bytes), id: sealingKeyFingerprint(bytes) };
}

/** Nobody reads it half written. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.draft`, text);
  renameSync(`${path}.draft`, path);
}
