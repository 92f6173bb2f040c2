// The commands that the documents show, as they stand there, each with what a reader is told to see
// after it. Next: `verification.ts` says what runs each of them.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** One command of a page. */
export interface DocumentCommand {
  readonly page: string;
  readonly line: number;
  readonly text: string;
  /** What the block of text after it shows, or the comment behind it. */
  readonly shows: string | undefined;
}

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly line: number;
  readonly body: string;
  /** Whether nothing stands between this block and the one before. */
  readonly isNext: boolean;
}

const FENCE = /^```(?<language>[^\n]*)\n(?<body>.*?)^```$/gms;

/** The pages that this test answers for. */
export function documentPages(): string[] {
  const patterns = ['docs/**/*.md', 'config/**/README*'];
  return ['README.md', 'CONTRIBUTING.md', ...globSync(patterns, { cwd: ROOT }).sort()];
}

export const pageText = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** The pages that lead a reader through a cluster, in the order in which they are read. */
export function guidePages(): string[] {
  const links = [...pageText('docs/README.md').matchAll(/^\| \[[^\]]+\]\((?<page>[^)]+)\)/gm)];
  const pages = links.map(({ groups }) => groups?.page ?? '');
  const isTask = (page: string) => page.startsWith('guide/') || page === 'kubectl-dumbkv.md';
  return ['README.md', ...pages.filter(isTask).map((page) => `docs/${page}`)];
}

/** The fenced blocks of a page. */
export function blocksOf(markdown: string): Block[] {
  let end = 0;
  return [...markdown.matchAll(FENCE)].map(({ index, 0: { length }, groups }) => {
    const before = markdown.slice(end, index);
    end = index + length;
    const line = markdown.slice(0, index).split('\n').length;
    const { language = '', body = '' } = groups ?? {};
    return { language, line, body, isNext: before.trim() === '' };
  });
}

/** The commands of a page; throws where a block ends within one. */
export function commandsOf(page: string, markdown = pageText(page)): DocumentCommand[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap(({ language, line, body }, at) => {
    if (language !== 'sh') return [];
    const next = blocks[at + 1];
    const isShown = next?.language === 'text' && next.isNext;
    const commands = wholeCommands(page, line + 1, body);
    return commands.map((command, index) => {
      const shown = isShown && index === commands.length - 1 ? next.body : undefined;
      return { page, ...command, shows: shown ?? commentBehind(command.text) };
    });
  });
}

/** A comment that shows a status or a reply, as `# 201` and `# {"value":"1",…}` do. */
function commentBehind(text: string): string | undefined {
  const { status, json } =
    /\s#\s(?:(?<status>[2-5]\d\d)\b.*|(?<json>\{.*\}))$/.exec(text)?.groups ?? {};
  return status === undefined ? json : `HTTP/1.1 ${status}`;
}

function wholeCommands(page: string, first: number, body: string) {
  const commands: { line: number; text: string }[] = [];
  let [text, from] = ['', first];
  for (const [index, line] of body.trimEnd().split('\n').entries()) {
    if (text === '') from = first + index;
    text += text === '' ? line : `\n${line}`;
    if (text.trim() === '' || text.startsWith('#')) text = '';
    else if (isWhole(text)) {
      commands.push({ line: from, text });
      text = '';
    }
  }
  if (text !== '') throw new Error(`${page}:${from}: the block ends within a command`);
  return commands;
}

/** Whether bash finds a command whole; of a heredoc without its end it only warns. */
function isWhole(text: string): boolean {
  if (text.endsWith('\\')) return false;
  const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
  return status === 0 && stderr === '';
}
