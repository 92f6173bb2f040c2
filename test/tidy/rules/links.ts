// The papers: links from page to page lead somewhere, and no page of the guide is left unnamed.
import { posix } from 'node:path';
import { linesOf } from '../source.ts';
import type { Finding, Rule, Tree } from '../tree.ts';

const LINK = /\[[^\]]*\]\((?<target>[^)\s]+)\)/g;
const ANYWHERE = /^[a-z]+:/;
const ELSEWHERE = /^([a-z]+:|#)/;
const NAMED_FILE = /`(?<name>[\w./-]*\w\.ts)`/g;
/** What it tells was so when it was written. */
const PAST = 'CHANGELOG.md';
const INDEX = 'docs/README.md';

/** A link of a page to a file or folder of the tree, and to a heading there, if it names one. */
interface Link {
  readonly path: string;
  readonly line: number;
  readonly to: string;
  readonly heading: string | undefined;
}

/** Every link from a page to another file of ours leads to one that is there. */
export const linksLead: Rule = (tree) => {
  const paths = [...tree.files.keys()];
  return linksOf(tree)
    .filter(({ to }) => !paths.some((path) => path === to || path.startsWith(`${to}/`)))
    .map(({ path, line, to }) => ({ path, line, says: `nothing is at ${to}: correct the link` }));
};

/** Every link to a part of a page leads to a heading of it. */
export const headingsAreThere: Rule = (tree) =>
  linksOf(tree, ANYWHERE).flatMap(({ path, line, to, heading }): Finding[] => {
    const page = to.endsWith('.md') ? tree.files.get(to) : undefined;
    if (heading === undefined || page === undefined) return [];
    if (headingsOf(page).includes(heading)) return [];
    return [{ path, line, says: `${to} has no heading for #${heading}: correct the link` }];
  });

/** Every TypeScript file that a page names, by its name or the end of its path, is there. */
export const namedFilesAreThere: Rule = (tree) => {
  const paths = [...tree.files.keys()].map((path) => `/${path}`);
  return [...tree.files]
    .filter(([path]) => path.endsWith('.md') && path !== PAST)
    .flatMap(([path, text]) =>
      linesOf(text).flatMap((content, index) =>
        [...content.matchAll(NAMED_FILE)]
          .map(({ groups }) => groups?.name ?? '')
          .filter((name) => !paths.some((one) => one.endsWith(`/${name}`)))
          .map((name): Finding => ({ path, line: index + 1, says: `there is no ${name}` })),
      ),
    );
};

/** Every page of the folder docs is in its index. */
export const indexIsWhole: Rule = (tree) => {
  const named = linksOf(tree).filter(({ path }) => path === INDEX);
  return [...tree.files.keys()]
    .filter((path) => /^docs\/.*\.md$/.test(path) && path !== INDEX)
    .filter((path) => !named.some(({ to }) => to === path))
    .map((path): Finding => ({ path, line: 1, says: `${INDEX} does not name this page` }));
};

function linksOf(tree: Tree, elsewhere = ELSEWHERE): Link[] {
  const pages = [...tree.files].filter(([path]) => path.endsWith('.md'));
  return pages.flatMap(([path, text]) =>
    linesOf(text).flatMap((content, index) =>
      targetsIn(content, elsewhere).map((target) => {
        const [file = '', heading] = target.split('#');
        const to = file === '' ? path : resolved(path, file);
        return { path, line: index + 1, to, heading };
      }),
    ),
  );
}

const targetsIn = (content: string, elsewhere: RegExp): string[] =>
  [...content.matchAll(LINK)]
    .map((match) => match.groups?.target ?? '')
    .filter((target) => !elsewhere.test(target));

const resolved = (path: string, target: string): string =>
  posix.join(posix.dirname(path), target).replace(/\/$/, '');

/** The names by which the headings of a page are linked to. */
const headingsOf = (page: string): string[] =>
  [...page.matchAll(/^#+ (?<title>.+)$/gm)].map(({ groups }) =>
    (groups?.title ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
