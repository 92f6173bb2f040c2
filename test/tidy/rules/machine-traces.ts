// What belongs to one machine stays there: no path of it, and no package registry, is in a file.
import { linesOf } from '../source.ts';
import type { Rule } from '../tree.ts';

const TRACES: { pattern: RegExp; what: string }[] = [
  { pattern: /(?<![\w.~-])\/(root|work)\//, what: 'a path of one machine' },
  { pattern: /\/tmp\/bash/, what: 'a path of one machine' },
  { pattern: /\bregistry\.(npmjs|yarnpkg|npmmirror)\b/, what: 'the host of a registry' },
  { pattern: /"resolved": "https?:/, what: 'the address of a package' },
  { pattern: /^\s*(@[\w-]+:)?registry\s*=/, what: 'the setting of a registry' },
  { pattern: /npm_config_registry\s*=|--registry[\s=]/, what: 'the setting of a registry' },
];

/** No file names a path of a machine or a registry: those are the reader's own settings. */
export const noMachineTraces: Rule = (tree) =>
  [...tree.files].flatMap(([path, text]) =>
    linesOf(text).flatMap((content, index) => {
      const trace = TRACES.find(({ pattern }) => pattern.test(content));
      if (trace === undefined) return [];
      return [{ path, line: index + 1, says: `${trace.what}: take it out` }];
    }),
  );
