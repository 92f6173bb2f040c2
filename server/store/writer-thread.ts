// The thread of the writer: opens its connection to the store, then makes one group durable after
// the other. What it logs goes to the main thread, which has the log.
// Next: `tended-writer.ts`.
import { parentPort, workerData } from 'node:worker_threads';
import { StartError } from '../errors.ts';
import { releaseStartMemory } from '../start-memory.ts';
import { isFailure, type Outcome } from './change.ts';
import { decodeBatches } from './change-codec.ts';
import { startErrorOf } from './failures.ts';
import { openWriter } from './open-writer.ts';
import { encodeOutcomes } from './outcome-codec.ts';
import { toSend } from './sent-error.ts';
import { TendedWriter } from './tended-writer.ts';
import type { LogLevel, Message, Request } from './writer-messages.ts';

const send = (message: Message): void => parentPort?.postMessage(message);

const logAt =
  (level: LogLevel) =>
  (...line: unknown[]): void =>
    send({ kind: 'log', level, line: line.map(toSend) });
const log = { info: logAt('info'), warn: logAt('warn'), error: logAt('error') };

/** Only errors have to be made plain. */
const sendable = (one: Outcome): Outcome => (isFailure(one) ? (toSend(one) as Outcome) : one);

/** Nothing to tell if `work` succeeds. */
function attempt(work: () => void): Outcome[] {
  try {
    work();
    return [];
  } catch (cause) {
    return [{ code: 'DKV_STORE_UNAVAILABLE', cause }];
  }
}

function serve(writer: TendedWriter, request: Request): void {
  if (request === 'close') {
    writer.close();
    parentPort?.close();
    return;
  }
  if (!(request instanceof ArrayBuffer)) {
    const work = request === 'heal' ? () => writer.heal() : () => writer.useKeys(request.keys);
    reply(attempt(work));
    return;
  }
  const batches = decodeBatches(request);
  reply(writer.commit(batches));
  writer.after(batches);
}

const reply = (outcomes: readonly Outcome[]): void =>
  send({ kind: 'reply', outcomes: encodeOutcomes(outcomes) ?? outcomes.map(sendable) });

try {
  const writer = openWriter(workerData, log, {
    healed: () => send({ kind: 'event', event: 'healed' }),
    replaced: (error) => send({ kind: 'end', code: error.code, error: toSend(error) }),
  });
  const tended = new TendedWriter(writer, {
    swept: () => send({ kind: 'event', event: 'swept' }),
    rotated: (progress) => send({ kind: 'rotation', progress }),
  });
  parentPort?.on('message', (request: Request) => serve(tended, request));
  releaseStartMemory();
} catch (error) {
  const known = startErrorOf(error, workerData.location);
  const code = known instanceof StartError ? known.code : undefined;
  send({ kind: 'refusal', code, error: toSend(known) });
}
