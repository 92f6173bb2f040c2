// Reads what strace wrote: the system calls of all threads, each from the line where it began to
// the line where it was over. A thread goes on only when strace has written the line, so lines
// stand in the order in which things happened. Next: `acknowledgements.ts`, `disk.ts`.

export interface Call {
  readonly thread: string;
  readonly name: string;
  /** Between the parentheses, as strace writes it. */
  readonly args: string;
  /** What it returned, such as `0` or `-1 EIO (…)`; `?` where the thread ended within it. */
  readonly result: string;
  /** Numbers of lines. */
  readonly from: number;
  readonly to: number;
}

const LINE = /^(?<thread>\d+) +(?:[\d.]+ +)?(?<rest>.*)$/s;
const WHOLE = /^(?<name>\w+)\((?<args>.*)\) += (?<result>\S.*)$/s;
const BEGUN = /^(?<name>\w+)\((?<args>.*?) *<unfinished \.\.\.>$/s;
const RESUMED = /^<\.\.\. (?<name>\w+) resumed>(?<args>.*)\) += (?<result>\S.*)$/s;

type Fields = Record<string, string>;

/** The calls of a trace, in the order in which they were over. */
export function callsIn(lines: Iterable<string>): Call[] {
  const calls: Call[] = [];
  const begun = new Map<string, { readonly fields: Fields; readonly from: number }>();
  let at = 0;
  for (const line of lines) {
    const { thread = '', rest = '' } = fieldsOf(LINE, line);
    const [whole, start] = [fieldsOf(WHOLE, rest), fieldsOf(BEGUN, rest)];
    const end = fieldsOf(RESUMED, rest);
    if (end.name !== undefined) {
      const { from = at, fields = {} } = begun.get(thread) ?? {};
      begun.delete(thread);
      calls.push(callOf(thread, { ...end, args: (fields.args ?? '') + end.args }, from, at));
    } else if (start.name !== undefined) begun.set(thread, { fields: start, from: at });
    else if (whole.name !== undefined) calls.push(callOf(thread, whole, at, at));
    at += 1;
  }
  // what a thread was in the middle of when it was killed
  for (const [thread, { from, fields }] of begun) {
    calls.push(callOf(thread, { ...fields, result: '?' }, from, Number.POSITIVE_INFINITY));
  }
  return calls;
}

const fieldsOf = (pattern: RegExp, text: string): Fields => pattern.exec(text)?.groups ?? {};

const callOf = (thread: string, fields: Fields, from: number, to: number): Call => ({
  ...{ thread, name: fields.name ?? '', args: fields.args ?? '', result: fields.result ?? '' },
  ...{ from, to },
});

/** The path or the connection that the first argument of a call leads to (`-y`, `-yy`). */
export const targetOf = ({ args }: Call): string =>
  String(bytesOf(/^\d+<(.*?)>(?:,|$)/.exec(args)?.[1] ?? ''));

/** What a text stands for in which some or all bytes are written as `\x2f` (`-xx`). */
export const bytesOf = (text: string): Buffer =>
  Buffer.from(
    text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );

export const succeeded = ({ result }: Call): boolean => /^\d/.test(result);
