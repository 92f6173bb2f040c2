// The commands of the documents that change a whole cluster, and all that the guide has users
// write, run as they stand on a real API server. No operator works there: what they come to is
// seen on a cluster, by test/e2e/guide.test.ts.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandsOf, type DocumentCommand, guidePages, ROOT } from '../../documents/commands.ts';
import { Shell } from '../../documents/shell.ts';
import { verificationOf } from '../../documents/verification.ts';
import { step } from '../../documents/walk.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';

const LIMIT_MS = 60_000;
const NOT_USED = 1;
const WRITING = /^kubectl (?:-n \S+ )?(?:create|apply|patch|annotate|scale|label)/;
/** About what only an operator makes or tells. */
const NEEDS_OPERATOR = /label pvc|patch secret|"size":"1Gi"/;
const commands = guidePages().flatMap((page) => commandsOf(page));
const controlPlane = useControlPlane({ crd: false });
let shell: Shell;

beforeAll(() => {
  const { kubeconfigPath } = controlPlane();
  // no controller ends there what is deleted
  const deleteOptions = '--wait=false';
  shell = new Shell({ cwd: ROOT, port: NOT_USED, kubeconfigPath, deleteOptions });
});
afterAll(() => shell?.end());

const ofCluster = commands.filter((command) => verificationOf(command) === 'api server');
const isRemoval = ({ text }: DocumentCommand) => text.startsWith('kubectl delete');
const written = commands.filter((command) => {
  const isOfUser = verificationOf(command) === 'cluster' && WRITING.test(command.text);
  return isOfUser && !NEEDS_OPERATOR.test(command.text);
});

/** A kind that was only just made is known a moment later. */
const run = (command: DocumentCommand) =>
  step(shell, { ...command, shows: undefined }, { limitMs: LIMIT_MS, isRepeated: true });

const titled = (some: DocumentCommand[]) =>
  some.map((command) => [`${command.page}:${command.line}`, command] as const);

describe('on a real API server', () => {
  it('there is something to run', () => {
    expect(ofCluster.filter(isRemoval)).not.toHaveLength(0);
    expect(written.length).toBeGreaterThan(20);
  });

  it.each(titled(ofCluster.filter((one) => !isRemoval(one))))('works: %s', (_, one) => run(one));
  it.each(titled(written))('is taken: %s', (_, command) => run(command));
  it.each(titled(ofCluster.filter(isRemoval)))('works at the end: %s', (_, one) => run(one));

  it('a command that is wrong would be found', async () => {
    const text = 'kubectl -n demo get nothing';
    const wrong = step(
      shell,
      { page: 'a.md', line: 1, text, shows: undefined },
      { limitMs: NOT_USED },
    );
    await expect(wrong).rejects.toThrow(/a\.md:1 does what it says.*exit code 1/s);
  });
});
