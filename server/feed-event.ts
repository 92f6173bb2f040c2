// Events of the change feed as callers get them: members of a page, or server-sent events. Pure.
// Next: `feed.ts` sends them.
import { etagOf, positionOf } from './etag.ts';
import { expiryMember, jsonValue } from './json-value.ts';
import type { FeedEvent, FeedPage } from './store/store.ts';

const TYPES = { put: 'put', remove: 'delete', expire: 'expire' } as const;

export interface EventForm {
  readonly incarnation: string;
  readonly withValues: boolean;
}

/** An event as JSON. */
export function eventObject(event: FeedEvent, { incarnation, withValues }: EventForm) {
  const { kind, key, revision } = event;
  const head = { type: TYPES[kind], key, revision: String(revision) };
  if (event.kind !== 'put') return head;
  const { entry } = event;
  const version = { etag: etagOf(incarnation, revision), ...expiryMember(entry.expiresAtMs) };
  if (!withValues) return { ...head, ...version };
  return { ...head, ...version, contentType: entry.contentType, ...jsonValue(entry.value) };
}

/** A server-sent event; without data it only moves on where a reader goes on from. */
export function sentEvent(position: string, type?: string, data?: object): string {
  const head = `id: ${position}\n`;
  if (type === undefined) return `${head}\n`;
  return `${head}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** The events of a page, one text each, and at its end what could not be read. */
export function* sentEvents(page: FeedPage, form: EventForm): Generator<string> {
  for (const event of page.events) {
    const { type, ...data } = eventObject(event, form);
    yield sentEvent(positionOf(form.incarnation, event.revision), type, data);
  }
  const position = positionOf(form.incarnation, page.revision);
  const { unreadable } = page;
  if (unreadable > 0) yield sentEvent(position, 'unreadable', { unreadable });
}
