// Events tell what happened to an instance, once: a child made, data adopted, readiness gained or
// lost. They are for people; a failure to write one is logged and never fails a reconcile.
import { randomBytes } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { DUMBKV, EVENT } from '../api/resources.ts';
import { OPERATOR_NAME, objectOf } from '../builders/metadata.ts';
import type { Clock } from '../clock.ts';
import { isNamespaceTerminating } from '../kube/api-errors.ts';
import type { KubeClient } from '../kube/client.ts';
import { apiVersion } from '../kube/resource.ts';
import { eventLimits } from '../limits.ts';

/**
 * One thing that happened. `action` is what the operator did or saw, `note` a sentence in the past
 * tense.
 */
export interface Happening {
  type: 'Normal' | 'Warning';
  reason: string;
  action: string;
  note: string;
}

export type RecordEvent = (
  dumbkv: DumbKV,
  happening: Happening,
  signal: AbortSignal,
) => Promise<void>;

export interface EventContext {
  client: Pick<KubeClient, 'create'>;
  clock: Clock;
  /** The name of this operator process, shown with each event. */
  identity: string;
  onFailure: (error: unknown) => void;
}

/** The function that writes events. */
export function eventRecorder({ client, clock, identity, onFailure }: EventContext): RecordEvent {
  return async (dumbkv, { type, reason, action, note }, signal) => {
    const { name, namespace, uid } = dumbkv.metadata;
    const eventName = `${name}.${randomBytes(8).toString('hex')}`;
    const event = objectOf(
      EVENT,
      { name: eventName, namespace },
      {
        type,
        reason,
        action,
        note: cutToBytes(note, eventLimits.noteBytes),
        eventTime: microTime(clock.wallTime()),
        reportingController: `dumbkv.dev/${OPERATOR_NAME}`,
        reportingInstance: identity.slice(0, eventLimits.instanceCharacters),
        regarding: { apiVersion: apiVersion(DUMBKV), kind: DUMBKV.kind, name, namespace, uid },
      },
    );
    try {
      await client.create(EVENT, event, signal);
    } catch (error) {
      // a namespace that goes takes no events, and nobody is left to read them
      if (!isNamespaceTerminating(error)) onFailure(error);
    }
  };
}

/** The time in the API's MicroTime form. */
const microTime = (time: Date): string => time.toISOString().replace('Z', '000Z');

/** The text, cut between two characters so that it fits. */
function cutToBytes(text: string, sizeBytes: number): string {
  const cut = Buffer.from(text).subarray(0, sizeBytes).toString();
  return cut.length < text.length ? cut.replace(/\uFFFD$/, '') : text;
}
