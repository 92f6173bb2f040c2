// Every command of the documents is run by a test: each is found, and belongs to a class that runs
// it. The classes themselves run in the tiers of the server, the API server and the cluster.
import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  blocksOf,
  commandsOf,
  documentPages,
  guidePages,
  pageText,
  ROOT,
} from '../../documents/commands.ts';
import { EXCEPTIONS, isOwnProgramThere, verificationOf } from '../../documents/verification.ts';
import { isShown } from '../../documents/walk.ts';

const pages = documentPages();
const commands = pages.flatMap((page) => commandsOf(page));
const LANGUAGES = ['sh', 'text', 'yaml'];
const WORDS_MIN = 5;

describe('the documents', () => {
  it.each(pages)('say of each block what it is: %s', (page) => {
    const strange = blocksOf(pageText(page)).filter(
      ({ language }) => !LANGUAGES.includes(language),
    );
    expect(strange).toEqual([]);
  });

  it.each(pages)('have no block without a fence: %s', (page) => {
    const rest = pageText(page).replace(/^```.*?^```$/gms, '');
    expect(rest.match(/\n\n {4}\S.*/g) ?? []).toEqual([]);
  });

  it('have a guide of which no page is left out of the walk', () => {
    const walked = guidePages();
    expect(walked).toEqual(expect.arrayContaining(globSync('docs/guide/*.md', { cwd: ROOT })));
    expect(walked.every((page) => pages.includes(page))).toBe(true);
  });

  it('have commands', () => {
    expect(commands.length).toBeGreaterThan(100);
    for (const wanted of ['cluster', 'api server', 'server', 'own program']) {
      expect(commands.map(verificationOf)).toContain(wanted);
    }
  });
});

describe('each command', () => {
  it('is run by a test, or stands among the exceptions', () => {
    const unknown = commands.filter((command) => verificationOf(command) === undefined);
    expect(unknown.map(({ page, line, text }) => `${page}:${line}: ${text}`)).toEqual([]);
  });

  it('that names a program of ours names one that is there', () => {
    const own = commands.filter((command) => verificationOf(command) === 'own program');
    const missing = own.filter((command) => !isOwnProgramThere(command));
    expect(missing.map(({ page, line, text }) => `${page}:${line}: ${text}`)).toEqual([]);
  });

  it('among the exceptions is in a document, and has a reason', () => {
    for (const [beginning, reason] of Object.entries(EXCEPTIONS)) {
      expect(commands.filter(({ text }) => text.startsWith(beginning))).toHaveLength(1);
      expect(reason.split(' ').length).toBeGreaterThanOrEqual(WORDS_MIN);
    }
  });
});

describe('what nobody runs is found', () => {
  const classOf = (page: string, text: string) =>
    verificationOf({ page, line: 1, text, shows: undefined });

  it.each([
    ['docs/guide/grow.md', 'terraform apply'],
    ['docs/dumbkv.md', 'kubectl get dkv'],
    ['docs/durability.md', 'curl localhost:8000/health'],
    ['CONTRIBUTING.md', './configure'],
  ])('in %s: %s', (page, text) => expect(classOf(page, text)).toBeUndefined());

  it.each([
    ['docs/guide/grow.md', 'kubectl get dkv', 'cluster'],
    ['docs/guide/grow.md', 'kubectl apply -k config/default', 'api server'],
    ['docs/server.md', 'curl localhost:8000/health', 'server'],
    ['docs/performance.md', 'npm run bench -- --help # all', 'own program'],
  ])('and not in %s: %s', (page, text, known) => expect(classOf(page, text)).toBe(known));

  it.each(['make nothing', 'npm run nothing', 'test/nothing/at all'])('nor %s', (text) => {
    expect(isOwnProgramThere({ page: 'README.md', line: 1, text, shows: undefined })).toBe(false);
  });
});

describe('a page', () => {
  const page = [
    '```sh',
    '# first',
    'kubectl apply -f - <<EOF',
    'kind: A',
    '',
    'EOF',
    'curl a \\',
    "  -d '{",
    "}' # 201, made",
    '```',
    '',
    '```text',
    'seen',
    '```',
    'and',
    '```sh',
    'make  # {"a":1}',
    '```',
    '',
  ];

  it('is read command by command, with what is seen after the last of a block', () => {
    expect(commandsOf('a.md', page.join('\n'))).toEqual([
      { page: 'a.md', line: 3, text: page.slice(2, 6).join('\n'), shows: undefined },
      { page: 'a.md', line: 7, text: page.slice(6, 9).join('\n'), shows: 'seen\n' },
      { page: 'a.md', line: 17, text: page[16], shows: '{"a":1}' },
    ]);
  });

  it('is refused where a block ends within a command', () => {
    const broken = '```sh\ncat <<EOF\nno end\n```\n';
    expect(() => commandsOf('a.md', broken)).toThrow('a.md:2: the block ends within a command');
  });
});

describe('what a page shows', () => {
  it.each([
    ['NAME   AGE\norders 12s\n', 'NAME AGE\norders   1m'],
    ['until 2026-01-31T12:00:00Z', 'until 2027-02-01T00:00:01.5Z'],
    ['a\nbetween\nb c', 'a\n…\nb'],
    ['before (x) after', '(x)'],
  ])('is found: %j', (output, shows) => expect(isShown(output, shows)).toBe(true));

  it.each([
    ['NAME AGE\norders 12s', 'NAME AGE\norders Ready 12s'],
    ['a', 'a\n…\nb'],
    ['abc', 'a.c'],
  ])('is missed: %j', (output, shows) => expect(isShown(output, shows)).toBe(false));
});
