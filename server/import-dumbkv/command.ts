// The command that brings a database of the original DumbKV into a running server: what it is asked
// for, what it tells, and how it ends.
// Next: `import.ts` for the rows.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { messageOf } from '../errors.ts';
import { versionText } from '../version.ts';
import { type Ends, importRows, type RowEnd } from './import.ts';
import { formatOfPath, KeyList } from './key-list.ts';
import { Original, type OriginalRow } from './original.ts';
import { type PlainEntry, type Stored, storeEntry, type Target } from './target.ts';

const HELP = `Brings the database of the original DumbKV into a running server.

Usage: npm run import:dumbkv -- --from FILE --keys FILE [--to URL] [--token-file FILE]
                                [--replace] [--dry-run]
In the server's image: node dist/server/import-dumbkv.js --from FILE …

  --from FILE        The original's SQLite database, which is only read.
  --keys FILE        The plain keys, since the database has only their hashes: one a line, or, where
                     the name ends in .ndjson or .jsonl, {"database": 0, "key": "…"} a line
                     (without "database": in all of them).
  --to URL           The server. Default: http://127.0.0.1:8000
  --token-file FILE  A token that may write, as in TOKENS_FILE; the first line counts.
  --replace          Replaces entries that are there. Without it they stay as they are.
  --dry-run          Opens everything, stores nothing, and needs no server.
  --version          Tells which release this is.

It can be run again at any time: what is there already is passed over. A line for each row that is
left behind goes to standard error, with its database and its hash.

Exit code: 0 if every row is in the server, 2 if rows were left behind, 1 if it could not go on.
`;

const WHY: Partial<Record<RowEnd, string>> = {
  unnamed: 'its key is not in the list',
  unopened: 'its value does not open, or is no text',
  refused: 'the server does not take it (too large, or no such database)',
};

const options = {
  from: { type: 'string' },
  keys: { type: 'string' },
  to: { type: 'string', default: 'http://127.0.0.1:8000' },
  'token-file': { type: 'string' },
  replace: { type: 'boolean', default: false },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
  version: { type: 'boolean', default: false },
} as const;

/** Where the command writes to: lines about what happens, and the summary. */
export interface Terminal {
  readonly tell: (line: string) => void;
  readonly print: (text: string) => void;
}

/** Runs the command with these arguments; gives its exit code. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await run(args, terminal);
  } catch (error) {
    terminal.tell(`import:dumbkv: ${messageOf(error)}`);
    return 1;
  }
}

async function run(args: readonly string[], { tell, print }: Terminal): Promise<number> {
  const { values } = parseArgs({ args: [...args], options, strict: true });
  if (values.help || values.version) {
    print(values.help ? HELP : versionText);
    return 0;
  }
  const { from, keys: keysFile } = values;
  if (from === undefined || keysFile === undefined) {
    throw new Error('--from and --keys are needed; --help tells more');
  }
  const keys = await readKeys(keysFile);
  const store = values['dry-run'] ? dryStore : await storeTo(values);
  const original = new Original(from);
  try {
    const { rowCount } = original;
    const progress = (rows: number) => tell(`${rows} of ${rowCount} rows`);
    const leftBehind = (row: OriginalRow, end: RowEnd) => tell(leftBehindLine(row, end));
    const ends = await importRows({ original, keys, store, leftBehind, progress });
    print(summaryOf(ends, keys, values['dry-run']));
    return ends.unnamed + ends.unopened + ends.refused === 0 ? 0 : 2;
  } finally {
    original.close();
  }
}

async function readKeys(path: string): Promise<KeyList> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
    return new KeyList(text, formatOfPath(path));
  } catch (error) {
    throw new Error(`--keys ${path} cannot be used: ${messageOf(error)}`, { cause: error });
  }
}

const dryStore = async (): Promise<Stored> => 'stored';

interface TargetValues {
  readonly to: string;
  readonly 'token-file'?: string | undefined;
  readonly replace: boolean;
}

async function storeTo(values: TargetValues): Promise<(entry: PlainEntry) => Promise<Stored>> {
  const { to: url, replace: replaces, 'token-file': tokenFile } = values;
  if (!/^https?:/.test(url) || !URL.canParse(url)) throw new Error('--to is no http or https URL');
  const text = tokenFile === undefined ? undefined : await readFile(tokenFile, 'utf8');
  const target: Target = { url, replaces, token: text === undefined ? text : firstTokenIn(text) };
  return (entry) => storeEntry(target, entry);
}

function firstTokenIn(text: string): string {
  const line = text.split('\n').find((one) => /^\s*[^\s#]/.test(one));
  if (line === undefined) throw new Error('--token-file holds no token');
  return line.trim().split(' ')[0] ?? '';
}

const leftBehindLine = ({ database, column }: OriginalRow, end: RowEnd): string =>
  `left behind: database ${database}, ${column}: ${WHY[end]}`;

const summaryOf = (ends: Ends, keys: KeyList, isDry: boolean): string =>
  [
    [isDry ? 'could be imported' : 'imported', ends.stored],
    ['there already', ends.there],
    ['without a key in the list', ends.unnamed],
    ['with a value that does not open', ends.unopened],
    ['refused by the server', ends.refused],
    ['keys of the list without a row', keys.missing],
  ]
    .map(([what, count]) => `${String(count).padStart(9)}  ${what}\n`)
    .join('');
