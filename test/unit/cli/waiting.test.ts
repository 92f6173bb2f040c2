// The commands that wait for pods: what they wait for, and when there is nothing to wait for.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dumbkv } from '../../support/objects.ts';
import { plugin, useDirectory } from '../../support/plugin-run.ts';
import { standInFor } from './stand-in.ts';

const directory = useDirectory();
const standIn = (cases: Record<string, string>) => standInFor(directory(), cases);

describe('restart', () => {
  it('waits for the new pods', async () => {
    const program = standIn({ 'rollout restart *': 'true', 'rollout status *': 'true' });
    expect((await plugin(program, ['restart', 'orders'])).out).toMatch(
      /new pods\.\nThey are ready/,
    );
  });

  it('does not say that there are new pods while the instance sleeps', async () => {
    const message = 'No pod runs until 2030-01-01T07:00:00Z, by spec.sleep.';
    const conditions = [{ type: 'Ready', status: 'False', reason: 'Sleeping', message }];
    const asleep = JSON.stringify({ ...dumbkv(), status: { conditions } });
    const program = standIn({
      'get dumbkvs*': `echo '${asleep}'`,
      'rollout restart *': 'true',
      'rollout status *': 'true',
    });
    const { code, out, err } = await plugin(program, ['restart', 'orders']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(`shop/orders sleeps. ${message}`);
  });
});

describe('resume', () => {
  const seen = (reason: string, observedGeneration = 1) => {
    const conditions = [{ type: 'Ready', status: 'False', reason, message: 'No pod until 7.' }];
    return JSON.stringify({ ...dumbkv(), status: { observedGeneration, conditions } });
  };
  const path = () => join(directory(), `looked-${Math.random()}`);

  it('waits until the instance is ready', async () => {
    const program = standIn({
      'get dumbkvs*': `echo '${seen('Deploying')}'`,
      'wait *--for=condition=Ready*': 'true',
    });
    const { code, out } = await plugin(program, ['resume', 'orders', '--wait']);
    expect({ code, out }).toEqual({
      code: 0,
      out: 'shop/orders was not suspended already.\nIt is ready.',
    });
  });

  it.each(['Sleeping', 'NoReplicas'])(
    'waits for the operator, and not for one that is to have no pods (%s)',
    async (reason) => {
      const looked = path();
      const early = `echo '${seen('Suspended', 0)}'`;
      const program = standIn({
        'get dumbkvs*':
          `if [ -e ${looked} ]; then echo '${seen(reason)}'; else ${early}; fi; ` +
          `touch ${looked}`,
        'wait *': 'echo "waited" >&2; exit 1',
      });
      const { code, out } = await plugin(program, ['resume', 'orders', '--wait']);
      expect(code).toBe(3);
      expect(out).toMatch(new RegExp(`It is not waited for \\(${reason}\\): No pod until 7\\.$`));
    },
  );
});
