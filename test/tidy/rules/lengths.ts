// Files, functions and lines stay short enough to be read at one go.
// The medians of the whole tree are in proportions.ts.
import { DESIGN_LINES_MAX, FILE_LINES_MAX, FUNCTION_LINES_MAX, LINE_COLUMNS_MAX } from '../law.ts';
import { CODE_PLACES, isIn } from '../places.ts';
import { linesOf } from '../source.ts';
import { eachSource, type Finding, type Rule } from '../tree.ts';

/** No file, test or code, is longer than the law allows. */
export const filesAreShort = eachSource(({ path, lines }) =>
  lines.length <= FILE_LINES_MAX
    ? []
    : [
        {
          path,
          line: FILE_LINES_MAX + 1,
          says: `${lines.length} lines, at most ${FILE_LINES_MAX}: give a part of it its own file`,
        },
      ],
);

/** The design notes beside a program are a page. */
export const designIsShort: Rule = (tree) =>
  [...tree.files].flatMap(([path, text]): Finding[] => {
    const count = linesOf(text).length;
    if (!path.endsWith('/DESIGN.md') || count <= DESIGN_LINES_MAX) return [];
    const says = `${count} lines, at most ${DESIGN_LINES_MAX}: leave out what the code says itself`;
    return [{ path, line: DESIGN_LINES_MAX + 1, says }];
  });

/** No function of the code is longer, its closures included. Tests list cases, so they may be. */
export const functionsAreShort = eachSource(({ path, functions }) =>
  functions
    .filter((one) => isIn(CODE_PLACES, path) && one.lineCount > FUNCTION_LINES_MAX)
    .map(({ name, line, lineCount }) => ({
      path,
      line,
      says: `${name} has ${lineCount} lines, at most ${FUNCTION_LINES_MAX}: name its steps`,
    })),
);

/** No line is wider; the formatter breaks code, but neither strings nor comments. */
export const linesAreShort = eachSource(({ path, lines }) =>
  lines.flatMap((text, index) => {
    const columns = [...text].length;
    if (columns <= LINE_COLUMNS_MAX) return [];
    return [{ path, line: index + 1, says: `${columns} columns, at most ${LINE_COLUMNS_MAX}` }];
  }),
);
