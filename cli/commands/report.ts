// `report`: an archive for a bug report, without anything secret, for its reader to look through
// before it is sent. report/collection.ts collects and redacts.
import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Command } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { Collection } from '../report/collection.ts';
import { tarOf } from '../report/tar.ts';

const OPERATOR_NAMESPACE = 'dumbkv-system';

export const report: Command = {
  usage: 'NAME [--output=FILE]',
  summary: 'write an archive for a bug report, without secrets',
  details:
    'It holds the DumbKV, its children, their events and logs, and what the operator logged of\n' +
    'it. Of Secrets it holds the names alone, and what they hold is taken out everywhere else.',
  needsName: true,
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: 'the archive to write' },
    'operator-namespace': {
      ...{ type: 'string', value: 'NAMESPACE', help: `of the operator; ${OPERATOR_NAMESPACE}` },
    },
  },
  run: async ({ kubectl, name, options, now, out, err }) => {
    const dumbkv = await kubectl.dumbkv(name);
    const at = now();
    const stem = `dumbkv-report-${dumbkv.metadata.namespace}-${name}-${compact(at)}`;
    const path = String(options.output ?? `${stem}.tar.gz`);
    const namespace = String(options['operator-namespace'] ?? OPERATOR_NAMESPACE);
    const collection = new Collection(kubectl, dumbkv, namespace);
    const files = await collection.collect();
    await write(path, gzipSync(tarOf(files, at)));
    for (const file of files) out(file.path);
    if (!collection.knowsSecrets) {
      err(
        'Secrets could not be read: only what has the form of a secret was taken out of the rest.',
      );
    }
    out('');
    out(
      `${path} is written. Look through it before you send it: values of your own may be in logs.`,
    );
    return EXIT.ok;
  },
};

/** A moment as digits, which a file's name may hold. */
const compact = (at: Date): string => at.toISOString().replace(/[-:]|\.\d+/g, '');

/** For its owner alone, and never over another file. */
async function write(path: string, content: Buffer): Promise<void> {
  try {
    await writeFile(path, content, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new Failure(`The archive cannot be written: ${(cause as Error).message}`, EXIT.failed, {
      cause,
    });
  }
}
