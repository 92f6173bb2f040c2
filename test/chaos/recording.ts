// Records all that a run of `recorded-writes.ts` does to the files of its store, and when writes
// were sent and acknowledged. Next: `disk.ts` keeps what of it is on disk at each moment.
import { execFile } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordedRun } from './recorded-writes.ts';
import { DATABASE } from './store-files.ts';
import { bytesOf, type Call, callsIn, succeeded, targetOf } from './trace.ts';
import { linesOfEnded, tracedTo } from './tracer.ts';

/** One change, or a sync, of a file that is known by its name; `begun` and `at` are moments. */
export type Operation = {
  readonly begun: number;
  readonly at: number;
  readonly name: string;
} & (
  | { readonly kind: 'write'; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'append'; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly length: number }
  | { readonly kind: 'sync'; readonly isDone: boolean }
  | { readonly kind: 'create' }
  | { readonly kind: 'unlink' }
  | { readonly kind: 'rename'; readonly to: string }
  | { readonly kind: 'mark'; readonly words: readonly string[] }
);

const PROGRAM = fileURLToPath(new URL('./recorded-writes.ts', import.meta.url));
const CALLS = 'openat,pwrite64,write,ftruncate,fsync,fdatasync,rename,unlink';
const MARKS = 'marks';
const ENDS = ['', '-wal', '-journal', '.new', '.sealing-key', '.sealing-key.new'];
/** Longer than anything that is written at once. */
const STRING_BYTES = 1_000_000;

export type RecordOptions = Omit<RecordedRun, 'location' | 'marks'> & {
  /** What strace is told of calls that shall fail. */
  readonly inject?: string | undefined;
};

/** Runs the program on the store in `folder`, and gives what it did. */
export async function record(folder: string, options: RecordOptions): Promise<Operation[]> {
  const { inject, ...settings } = options;
  const names = [...ENDS.map((end) => `${DATABASE}${end}`), MARKS, ''];
  const paths = names.flatMap((name) => ['-P', join(folder, name).replace(/\/$/, '')]);
  const trace = join(folder, `trace-${settings.firstPlace}`);
  const faults = inject === undefined ? [] : ['-e', `inject=${inject}`];
  const how = ['-s', String(STRING_BYTES), '-xx', ...paths, '-e', `trace=${CALLS}`, ...faults];
  const run: RecordedRun = {
    ...{ location: join(folder, DATABASE), marks: join(folder, MARKS) },
    ...settings,
  };
  const [program = '', ...args] = [...tracedTo(trace, ...how), process.execPath, PROGRAM];
  const lines = await new Promise<Promise<string[]>>((resolve, reject) => {
    const child = execFile(program, [...args, JSON.stringify(run)], (error, _out, said) => {
      const isWell = error === null || error.signal === 'SIGKILL';
      if (isWell) resolve(linesOfEnded(trace, child.pid ?? 0));
      else reject(new Error(`the recorded program failed: ${said}`));
    });
  });
  return operationsOf(callsIn(await lines), folder);
}

/** What calls did to the files in a folder, in the order in which they were over. */
export function operationsOf(calls: readonly Call[], folder: string): Operation[] {
  return calls.flatMap((call): Operation[] => {
    const when = { begun: call.from, at: call.to };
    if (/^f(data)?sync$/.test(call.name)) {
      const [name, isDone] = [nameIn(folder, targetOf(call)), succeeded(call)];
      return name === undefined ? [] : [{ ...when, kind: 'sync', name, isDone }];
    }
    if (!succeeded(call)) return [];
    return operationOf(call, folder).map((one) => ({ ...when, ...one }) as Operation);
  });
}

function operationOf(call: Call, folder: string): object[] {
  const strings = [...call.args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text = '']) => text);
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = strings.map(bytesOf);
  const name = nameIn(folder, targetOf(call));
  const last = Number(/(\d+)$/.exec(call.args)?.[1]);
  if (call.name === 'openat') return opened(call, nameIn(folder, String(first)));
  if (call.name === 'rename') {
    return [{ kind: 'rename', name: basename(String(first)), to: basename(String(second)) }];
  }
  if (call.name === 'unlink') return [{ kind: 'unlink', name: basename(String(first)) }];
  if (name === undefined) return [];
  if (name === MARKS) return [{ kind: 'mark', name, words: String(first).trim().split(' ') }];
  if (call.name === 'ftruncate') return [{ kind: 'truncate', name, length: last }];
  const data = first.subarray(0, Number(call.result));
  return [call.name === 'write' ? { kind: 'append', name, data } : written(name, last, data)];
}

const written = (name: string, offset: number, data: Buffer) => ({
  ...{ kind: 'write', name, offset, data },
});

function opened({ args }: Call, name: string | undefined): object[] {
  if (name === undefined || name === MARKS) return [];
  const created = args.includes('O_CREAT') ? [{ kind: 'create', name }] : [];
  return args.includes('O_TRUNC') ? [...created, { kind: 'truncate', name, length: 0 }] : created;
}

/** The name of a file in the folder; that of the folder itself is empty. */
function nameIn(folder: string, path: string): string | undefined {
  if (path === folder) return '';
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}
