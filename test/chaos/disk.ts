// A disk that may lose what was not synced: after a crash, what was synced is there, and of what
// was changed since, any part may be, a sector of a page too. What a sync has failed on may be lost
// for good, whatever is synced later. Names are on disk, in their order, once the folder is.
// Next: `crash-images.ts` builds such files and opens them.
import type { Chance } from './chance.ts';
import type { Operation } from './recording.ts';

const SECTOR_BYTES = 512;

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly length: number };

type Alteration = Extract<Operation, { kind: 'write' | 'append' | 'truncate' }>;

interface Pending {
  readonly change: Change;
  /** When it was over: a sync that began before need not have it. */
  readonly at: number;
  isSynced: boolean;
  isDoomed: boolean;
}

/** What a file was at first, and all that was done to it since something may still be lost. */
interface Content {
  base: Buffer;
  lengthNow: number;
  changes: Pending[];
}

/** Which of the changes that may be lost are there, and what of a write. */
export interface Loss {
  keeps(): boolean;
  /** The sectors of a write that reached the disk; undefined for all. */
  torn(sectors: number): boolean[] | undefined;
  /** How many of the changes of names are there. */
  names(count: number): number;
}

type Names = Map<string, Content>;

export class Disk {
  #synced: Names = new Map();
  #now: Names = new Map();
  /** What was done to names since the folder was synced. */
  #renamings: ((names: Names) => void)[] = [];

  /** How many changes a crash may lose at this moment. */
  get unsyncedCount(): number {
    const contents = new Set([...this.#synced.values(), ...this.#now.values()]);
    const counts = [...contents].map(({ changes }) => changes.filter((one) => !one.isSynced));
    return counts.reduce((sum, { length }) => sum + length, this.#renamings.length);
  }

  apply(operation: Operation): void {
    if (operation.kind === 'mark') return;
    const { name } = operation;
    const content = this.#now.get(name);
    if (name === '') this.#syncFolder(operation);
    else if (operation.kind === 'create') {
      if (content === undefined) this.#rename(putting(name, { ...NOTHING, changes: [] }));
    } else if (content === undefined) {
      throw new Error(`${operation.kind} of ${name}, which is not there`);
    } else if (operation.kind === 'unlink') this.#rename((names) => void names.delete(name));
    else if (operation.kind === 'rename') this.#rename(moving(name, operation.to, content));
    else if (operation.kind === 'sync') sync(content, operation);
    else alter(content, operation);
  }

  /** The files as a crash at this moment may leave them, by name. */
  imageAfter(loss: Loss): Map<string, Buffer> {
    const names = new Map(this.#synced);
    const kept = loss.names(this.#renamings.length);
    for (const rename of this.#renamings.slice(0, kept)) rename(names);
    return new Map([...names].map(([name, content]) => [name, bytesAfter(content, loss)]));
  }

  #rename(change: (names: Names) => void): void {
    change(this.#now);
    this.#renamings.push(change);
  }

  #syncFolder(operation: Operation): void {
    if (operation.kind !== 'sync' || !operation.isDone) return;
    this.#synced = new Map(this.#now);
    this.#renamings = [];
  }
}

const NOTHING = { base: Buffer.alloc(0), lengthNow: 0 };

const putting =
  (name: string, content: Content) =>
  (names: Names): void =>
    void names.set(name, content);

const moving =
  (from: string, to: string, content: Content) =>
  (names: Names): void => {
    names.delete(from);
    names.set(to, content);
  };

function alter(content: Content, operation: Alteration): void {
  const { lengthNow: offset } = content;
  const change: Change =
    operation.kind === 'append' ? { ...operation, kind: 'write', offset } : operation;
  content.lengthNow = lengthAfter(offset, change);
  content.changes.push({ change, at: operation.at, isSynced: false, isDoomed: false });
}

const lengthAfter = (length: number, change: Change): number =>
  change.kind === 'truncate' ? change.length : Math.max(length, change.offset + change.data.length);

function sync(content: Content, { begun, isDone }: Operation & { kind: 'sync' }): void {
  for (const pending of content.changes) {
    if (pending.at >= begun || pending.isSynced) continue;
    if (!isDone) pending.isDoomed = true;
    else if (!pending.isDoomed) pending.isSynced = true;
  }
  // up to the first change that may be lost, nothing can change any more
  const open = content.changes.findIndex(({ isSynced }) => !isSynced);
  const certain = content.changes.splice(0, open === -1 ? content.changes.length : open);
  const settled = certain.map(({ change }) => change);
  if (settled.length > 0) content.base = assembled(content.base, settled);
}

function bytesAfter({ base, changes }: Content, loss: Loss): Buffer {
  const made = changes.flatMap(({ change, isSynced }) => {
    if (isSynced) return [change];
    return loss.keeps() ? partsThere(change, loss) : [];
  });
  return assembled(base, made);
}

/** What of a change is there that is not all lost. */
function partsThere(change: Change, loss: Loss): Change[] {
  if (change.kind === 'truncate') return [change];
  const sectors = loss.torn(Math.ceil(change.data.length / SECTOR_BYTES));
  if (sectors === undefined) return [change];
  return sectors.flatMap((isThere, i) => {
    const data = change.data.subarray(i * SECTOR_BYTES, (i + 1) * SECTOR_BYTES);
    return isThere ? [{ kind: 'write', offset: change.offset + i * SECTOR_BYTES, data }] : [];
  });
}

/** A file after some changes; what lies between its end and a write beyond it is zero. */
function assembled(base: Buffer, changes: readonly Change[]): Buffer {
  let length = base.length;
  const lengths = changes.map((change) => {
    length = lengthAfter(length, change);
    return length;
  });
  const bytes = Buffer.alloc(Math.max(base.length, ...lengths));
  base.copy(bytes);
  changes.forEach((change, i) => {
    if (change.kind === 'write') change.data.copy(bytes, change.offset);
    else bytes.fill(0, lengths[i]);
  });
  return bytes.subarray(0, length);
}

/** The ways of losing that are tried at each moment. */
export const LOSSES: Readonly<Record<string, (chance: Chance, unsynced: number) => Loss>> = {
  everything: () => ({ keeps: () => false, torn: () => undefined, names: () => 0 }),
  nothing: () => ({ keeps: () => true, torn: () => undefined, names: (count) => count }),
  'any part': (chance) => {
    const share = chance.next();
    return {
      keeps: () => chance.happens(share),
      torn: () => undefined,
      names: (count) => chance.below(count + 1),
    };
  },
  'torn pages': (chance, unsynced) => ({
    keeps: () => chance.happens(0.9),
    torn: (sectors) =>
      chance.happens(2 / (1 + unsynced))
        ? Array.from({ length: sectors }, () => chance.happens(0.5))
        : undefined,
    names: (count) => chance.below(count + 1),
  }),
};
