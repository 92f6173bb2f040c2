// What makes a file impure: modules that reach outside, the clock, timers, chance, `process`.
// Used by purity.ts.
import { packageOf } from '../imports.ts';
import type { Source } from '../source.ts';
import { isReference, memberOf, type PlacedNode, wordOf } from '../syntax.ts';

/** Something impure, and where it stands. */
export interface Stain {
  readonly line: number;
  readonly what: string;
}

const MODULES = [
  ...['fs', 'http', 'https', 'http2', 'net', 'tls', 'dns', 'dgram', 'child_process', 'os'],
  ...['worker_threads', 'cluster', 'timers', 'process', 'perf_hooks', 'sqlite'],
];
const PACKAGES = [
  '@kubernetes/client-node',
  'better-sqlite3',
  'fastify',
  'pino',
  'prom-client',
  'undici',
];
const MEMBERS = ['Date.now', 'Math.random', 'globalThis.process', 'crypto.randomUUID'];
const NAMES = ['process', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'fetch'];

/** The stains of one file, in the order in which they stand. */
export function stainsOf(source: Source): Stain[] {
  const imported = source.imports
    .filter(({ target, isType }) => !isType && isImpureModule(target))
    .map(({ target, line }) => ({ line, what: `"${target}"` }));
  const used = source.nodes.flatMap((placed) => {
    const what = impureNameOf(placed);
    return what === undefined ? [] : [{ line: source.lineAt(placed.node.start), what }];
  });
  return [...imported, ...used];
}

const isImpureModule = (target: string): boolean =>
  MODULES.includes(builtinOf(target)) || PACKAGES.includes(packageOf(target) ?? '');

// `node:fs/promises` reaches as far as `node:fs`.
const builtinOf = (target: string): string => /^node:([^/]+)/.exec(target)?.[1] ?? '';

function impureNameOf(placed: PlacedNode): string | undefined {
  const { node } = placed;
  const member = memberOf(node)?.join('.');
  if (member !== undefined && MEMBERS.includes(member)) return member;
  if (isNow(placed)) return 'new Date()';
  const name = isReference(placed) ? wordOf(node) : undefined;
  return name !== undefined && NAMES.includes(name) ? name : undefined;
}

/** `new Date()` or `Date()`: without an argument it is the clock, with one it is a conversion. */
function isNow({ node }: PlacedNode): boolean {
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false;
  const callee = node.callee as PlacedNode['node'];
  const isDate = callee.type === 'Identifier' && wordOf(callee) === 'Date';
  return isDate && (node.type === 'CallExpression' || [node.arguments].flat().length === 0);
}
