// The live change feed: pages of events as they come, a heartbeat that moves readers on where
// nothing happens, and an end that says why.
// Next: `feed-event.ts` for the form, `../store/store.ts` changes.
import type { ChangeSignal } from './change-signal.ts';
import { positionOf } from './etag.ts';
import { type EventForm, sentEvent, sentEvents } from './feed-event.ts';
import { limits } from './limits.ts';
import { gathered } from './long-replies.ts';
import type { Problem } from './schemas.ts';
import type { FeedPage } from './store/store.ts';

export interface FeedSource {
  /** The revision that the feed begins after. */
  readonly after: number;
  /** What is told first. */
  readonly first: FeedPage;
  readonly form: EventForm;
  /** What came after a revision. */
  pageAfter(revision: number): Promise<FeedPage>;
  /** Counts what is held: the bytes of the page and of a text. Throws DKV_SERVER_BUSY. */
  hold(page: FeedPage, text: string): void;
  readonly changes: ChangeSignal;
  /** Aborted when the feed is to end. */
  readonly end: AbortSignal;
  /** Whether its reader may still read. */
  isAllowed(): Promise<boolean>;
  /** What is told of an error that ends it. */
  problemOf(error: unknown): Problem;
  readonly heartbeatMs: number;
}

/** The texts of a feed, until its reader or the server ends it, or it cannot go on. */
export async function* feedTexts(source: FeedSource): AsyncGenerator<string> {
  const { incarnation } = source.form;
  let { first: page } = source;
  try {
    // who began at `now` and is cut before anything happens comes back to here, not to a later now
    yield `retry: ${limits.feedRetryMs}\n${sentEvent(positionOf(incarnation, source.after))}`;
    let beatMs = performance.now() + source.heartbeatMs;
    for (;;) {
      for (const text of gathered(sentEvents(page, source.form))) {
        source.hold(page, text);
        yield text;
      }
      // what has been told is not kept while nothing happens
      page = { ...page, events: [], unreadable: 0 };
      source.hold(page, '');
      if (source.end.aborted) return;
      if (performance.now() >= beatMs) {
        if (!(await source.isAllowed())) return;
        yield sentEvent(positionOf(incarnation, page.revision));
        beatMs = performance.now() + source.heartbeatMs;
      }
      if (!page.hasMore) await pauseForChange(source, beatMs);
      page = await source.pageAfter(page.revision);
    }
  } catch (error) {
    const position = positionOf(incarnation, page.revision);
    yield sentEvent(position, 'problem', source.problemOf(error));
  } finally {
    source.changes.close();
  }
}

/** Many changes in a row are told together. */
async function pauseForChange({ changes, end }: FeedSource, beatMs: number): Promise<void> {
  const pausedMs = performance.now() + limits.feedPauseMs;
  await changes.next(beatMs - performance.now());
  const leftMs = pausedMs - performance.now();
  if (leftMs > 0 && !end.aborted) await new Promise((resolve) => setTimeout(resolve, leftMs));
}
