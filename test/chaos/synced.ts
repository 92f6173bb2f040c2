// Proof: strace shows, for each acknowledged write of many connections, that the log was written
// and a sync of it completed between the read of the request and the write of its 2xx.
// Next: `acknowledgements.ts` reads the trace.
import { join } from 'node:path';
import { launchServer } from '../server/support/launched-server.ts';
import { acknowledgementsIn, syncsOfLog, unsynced } from './acknowledgements.ts';
import { KvClient } from './kv-client.ts';
import { Ledger } from './ledger.ts';
import { writeUnderLoad } from './load.ts';
import type { Proof } from './proof.ts';
import { callsIn } from './trace.ts';
import { linesOfEnded, tracedTo } from './tracer.ts';

const figures = {
  short: { writes: 1_000, connections: 32, keys: 20 },
  long: { writes: 20_000, connections: 64, keys: 20 },
};

const CALLS = 'trace=read,recvfrom,write,writev,sendto,fdatasync,fsync,pwrite64';
const VALUES_BYTES = 2_000;

export const synced: Proof<typeof figures.long> = {
  name: 'synced',
  says: 'strace shows a completed sync of the log between each write’s request and its 2xx.',
  needsTracer: true,
  ...figures,
  async run({ writes, connections, keys }, run) {
    const trace = join(run.folder, 'trace');
    const server = launchServer(
      run.folder,
      {},
      { under: tracedTo(trace, '-s', '64', '-e', CALLS) },
    );
    run.atEnd(() => void server.child.kill('SIGKILL'));
    const client = new KvClient(await server.url(), connections);
    const ledger = new Ledger();
    await writeUnderLoad({
      ...{ client, ledger, chance: run.chance, writers: connections, keysPerWriter: keys },
      lengthBytesMax: VALUES_BYTES,
      isOver: () => ledger.acknowledgedCount >= writes,
      onAnswer: () => run.progress(`${ledger.acknowledgedCount} acknowledged`),
    });
    client.close();
    await server.end('SIGTERM');
    const calls = callsIn(await linesOfEnded(trace, server.child.pid ?? 0));
    const [found, syncs] = [acknowledgementsIn(calls), syncsOfLog(calls)];
    if (found.length !== ledger.acknowledgedCount) {
      throw new Error(`${ledger.acknowledgedCount} acknowledged, ${found.length} in the trace`);
    }
    const [first, ...others] = unsynced(found, syncs);
    if (first !== undefined) {
      const where = `lines ${first.requested} to ${first.replied} of ${trace}`;
      throw new Error(`${1 + others.length} acknowledged without a sync, such as in ${where}`);
    }
    const each = (found.length / syncs.length).toFixed(1);
    const by = new Set(found.map(({ connection }) => connection)).size;
    return (
      `${found.length} acknowledged writes over ${by} connections, each after a sync of the log ` +
      `of its own time; ${syncs.length} syncs, ${each} writes to a sync`
    );
  },
};
