// Whether a trace shows that each write was on disk before its 2xx: the log was written and synced
// after the request came in, and before the first byte of the reply went out.
// Used by `synced.ts` and `disk-errors.ts`.
import { type Call, succeeded, targetOf } from './trace.ts';

/** A write that was acknowledged, in numbers of lines. */
export interface Acknowledgement {
  readonly connection: string;
  /** When the request had been read. */
  readonly requested: number;
  /** When the reply began to be written. */
  readonly replied: number;
}

const READS = ['read', 'recvfrom'];
const WRITES = ['write', 'writev', 'sendto'];
const SYNCS = ['fsync', 'fdatasync'];
const CONNECTION = /^TCP/;
const LOG = /-wal$/;
const REQUEST = /, *"(?:PUT|DELETE) \/kv/;
const ACKNOWLEDGED = /"HTTP\/1\.1 2\d\d /;

/** Every 2xx on a write; a connection carries one request at a time. */
export function acknowledgementsIn(calls: readonly Call[]): Acknowledgement[] {
  const onConnections = calls.filter((call) => CONNECTION.test(targetOf(call)));
  const requested = new Map<string, number>();
  const found: Acknowledgement[] = [];
  for (const call of onConnections.toSorted((a, b) => moment(a) - moment(b))) {
    const connection = targetOf(call);
    if (READS.includes(call.name) && REQUEST.test(call.args)) requested.set(connection, call.to);
    const since = requested.get(connection);
    if (since === undefined || !WRITES.includes(call.name)) continue;
    requested.delete(connection);
    if (!ACKNOWLEDGED.test(call.args)) continue;
    found.push({ connection, requested: since, replied: call.from });
  }
  return found;
}

/** When a call counts: bytes are there when a read is over, and gone when a write has begun. */
const moment = (call: Call): number => (READS.includes(call.name) ? call.to : call.from);

/** From the first change of the log to the end of the sync that put it on disk. */
interface Synced {
  readonly written: number;
  readonly begun: number;
  readonly over: number;
}

/** Each sync of the log that succeeded, with the last change of the log before it. */
export function syncsOfLog(calls: readonly Call[]): Synced[] {
  const ofLog = calls.filter((call) => LOG.test(targetOf(call)));
  const changes = ofLog.filter((call) => call.name === 'pwrite64' && succeeded(call));
  return ofLog
    .filter((call) => SYNCS.includes(call.name) && succeeded(call))
    .flatMap((sync) => {
      const change = changes.findLast(({ to }) => to < sync.from);
      return change === undefined
        ? []
        : [{ written: change.from, begun: sync.from, over: sync.to }];
    });
}

/** The acknowledgements that no such sync stands before. */
export function unsynced(
  acknowledgements: readonly Acknowledgement[],
  syncs: readonly Synced[],
): Acknowledgement[] {
  return acknowledgements.filter(
    ({ requested, replied }) =>
      !syncs.some(({ written, over }) => written > requested && over < replied),
  );
}
