// The thread of the writer: opens its connection to the store, then makes one group durable after
// the other. What it logs goes to the main thread, which has the log.
// Next: `writer.ts`.
import { parentPort, workerData } from 'node:worker_threads';
import { StartError } from '../errors.ts';
import { limits } from '../limits.ts';
import { KeyRing } from '../sealing/key-ring.ts';
import { Sealer } from '../sealing/sealer.ts';
import type { Outcome } from './change.ts';
import { decodeChanges } from './change-codec.ts';
import { openDurable } from './connection.ts';
import { startErrorOf } from './failures.ts';
import { storeIdBytes } from './identity.ts';
import { Reserve } from './reserve.ts';
import { toSend } from './sent-error.ts';
import { readKeys } from './statements.ts';
import { Writer } from './writer.ts';
import type { LogLevel, Message, Request, WriterSettings } from './writer-messages.ts';

const send = (message: Message): void => parentPort?.postMessage(message);

const logAt =
  (level: LogLevel) =>
  (...line: unknown[]): void =>
    send({ kind: 'log', level, line: line.map(toSend) });
const log = { info: logAt('info'), warn: logAt('warn'), error: logAt('error') };

function openWriter({ location, journalMode, identity, keys }: WriterSettings): Writer {
  const reserve = new Reserve(location, log);
  const open = (busyMs: number) =>
    reserve.spendOn(
      (error) => reserve.mayMend(error),
      () => openDurable(location, journalMode, identity, busyMs),
    );
  const db = open(limits.storeOpenBusyMs);
  const storeId = storeIdBytes(identity.storeId);
  const ring = new KeyRing(storeId, keys);
  ring.load(readKeys(db));
  reserve.restore();
  const reconnect = () => open(limits.storeHealBusyMs);
  return new Writer({ db, reconnect, sealer: new Sealer(storeId, ring), reserve, log });
}

function heal(writer: Writer): Outcome[] {
  try {
    writer.heal();
    return [];
  } catch (cause) {
    return [{ code: 'DKV_STORE_UNAVAILABLE', cause }];
  }
}

function serve(writer: Writer, request: Request): void {
  if (request === 'close') {
    writer.close();
    parentPort?.close();
    return;
  }
  const outcomes = request === 'heal' ? heal(writer) : writer.commit(decodeChanges(request));
  send({ kind: 'reply', outcomes: outcomes.map((one) => toSend(one) as Outcome) });
}

try {
  const writer = openWriter(workerData);
  parentPort?.on('message', (request: Request) => serve(writer, request));
} catch (error) {
  const known = startErrorOf(error, workerData.location);
  const code = known instanceof StartError ? known.code : undefined;
  send({ kind: 'refusal', code, error: toSend(known) });
}
