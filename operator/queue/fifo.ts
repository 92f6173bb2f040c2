// A first-in first-out list with constant-time ends, since Array.shift moves every entry. The
// work queue keeps its ready keys in one.

const COMPACT_ABOVE = 1024;

/** Entries leave in the order they came. */
export class Fifo<T> {
  #entries: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: T): void {
    this.#entries.push(entry);
  }

  /** Takes the oldest entry, or undefined when there is none. */
  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    this.#compact();
    return entry;
  }

  #compact(): void {
    const mostlyTaken = this.#head > COMPACT_ABOVE && this.#head * 2 > this.#entries.length;
    if (this.length > 0 && !mostlyTaken) return;
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }
}
