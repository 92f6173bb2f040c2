// The papers: links from page to page lead somewhere, and no page of the guide is left unnamed.
import { posix } from 'node:path';
import { linesOf } from '../source.ts';
import type { Finding, Rule, Tree } from '../tree.ts';

const LINK = /\[[^\]]*\]\((?<target>[^)\s]+)\)/g;
const ELSEWHERE = /^([a-z]+:|#)/;
const INDEX = 'docs/README.md';

/** A link of a page to a file or folder of the tree; `to` is the path of that. */
interface Link {
  readonly path: string;
  readonly line: number;
  readonly to: string;
}

/** Every link from a page to another file of ours leads to one that is there. */
export const linksLead: Rule = (tree) => {
  const paths = [...tree.files.keys()];
  return linksOf(tree)
    .filter(({ to }) => !paths.some((path) => path === to || path.startsWith(`${to}/`)))
    .map(({ path, line, to }) => ({ path, line, says: `nothing is at ${to}: correct the link` }));
};

/** Every page of the folder docs is in its index. */
export const indexIsWhole: Rule = (tree) => {
  const named = linksOf(tree).filter(({ path }) => path === INDEX);
  return [...tree.files.keys()]
    .filter((path) => /^docs\/.*\.md$/.test(path) && path !== INDEX)
    .filter((path) => !named.some(({ to }) => to === path))
    .map((path): Finding => ({ path, line: 1, says: `${INDEX} does not name this page` }));
};

function linksOf(tree: Tree): Link[] {
  const pages = [...tree.files].filter(([path]) => path.endsWith('.md'));
  return pages.flatMap(([path, text]) =>
    linesOf(text).flatMap((content, index) =>
      targetsIn(content).map((target) => ({ path, line: index + 1, to: resolved(path, target) })),
    ),
  );
}

const targetsIn = (content: string): string[] =>
  [...content.matchAll(LINK)]
    .map((match) => match.groups?.target ?? '')
    .filter((target) => !ELSEWHERE.test(target));

const resolved = (path: string, target: string): string =>
  posix.join(posix.dirname(path), target.replace(/#.*/, '')).replace(/\/$/, '');
