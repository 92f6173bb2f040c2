// The short form of each proof, a tenth or less of the long one: see `docs/durability.md`.
// That the parts of the proofs see what is wrong is in the other tests of this folder.
import { expect, test, vi } from 'vitest';
import { testWithTracer } from '../server/support/machine.ts';
import { testWithOwnPostgres } from '../server/support/postgres.ts';
import { type Proof, runProof } from './proof.ts';
import { proofs } from './proofs.ts';

const LIMIT_MINUTES = 10;

vi.setConfig({ testTimeout: LIMIT_MINUTES * 60_000 });

const quiet = (): void => {};

async function prove(proof: Proof): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 32);
  const how = { seed, limitMinutes: LIMIT_MINUTES, write: quiet };
  expect(await runProof(proof, proof.short, how)).toContain(`seed ${seed}`);
}

function testFor({ needsTracer, needsPostgres = false }: Proof) {
  if (needsPostgres) return testWithOwnPostgres;
  return needsTracer ? testWithTracer : test;
}

for (const proof of proofs) {
  const run = testFor(proof);
  run(`${proof.name}: ${proof.says}`, () => prove(proof));
}

test('a long form does at least ten times as much as the short one', () => {
  const share = ({ short, long }: Proof) =>
    Math.min(...Object.keys(long).map((name) => (short[name] ?? 0) / (long[name] ?? 1)));
  expect(proofs.map(share).filter((one) => one > 0.1)).toEqual([]);
});
