// The list of ready keys: first in, first out, and no growth with what has left it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../../../../operator/queue/fifo.ts';

describe('Fifo', () => {
  it('is empty at first', () => {
    const list = new Fifo<string>();
    expect(list.length).toBe(0);
    expect(list.shift()).toBeUndefined();
  });

  it('gives back in the order it was given, through any mixture of both', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(), { nil: undefined })), (steps) => {
        const list = new Fifo<number>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === undefined) expect(list.shift()).toBe(model.shift());
          else {
            list.push(step);
            model.push(step);
          }
          expect(list.length).toBe(model.length);
        }
      }),
    );
  });

  it('keeps its order beyond the size at which it compacts', () => {
    const list = new Fifo<number>();
    for (let entry = 0; entry < 5000; entry += 1) list.push(entry);
    for (let entry = 0; entry < 4000; entry += 1) expect(list.shift()).toBe(entry);
    for (let entry = 5000; entry < 6000; entry += 1) list.push(entry);
    for (let entry = 4000; entry < 6000; entry += 1) expect(list.shift()).toBe(entry);
    expect(list.shift()).toBeUndefined();
  });
});
