// An export: all entries of a database as lines, page by page as fast as they are read, with a
// cursor after each page, so that one that was cut goes on there.
// Next: `transfer-line.ts` for the form, `store/store.ts` scan.
import { type CursorScope, cursorText } from './cursor.ts';
import { positionOf } from './etag.ts';
import { gathered } from './long-replies.ts';
import type { Problem } from './schemas.ts';
import type { ScanPage, StoreInfo } from './store/store.ts';
import { entryLine, FORMAT, lineOf } from './transfer-line.ts';

export interface ExportSource {
  readonly info: Pick<StoreInfo, 'storeId'>;
  readonly scope: CursorScope;
  /** The revision of the store when the export began: a feed from there on has all that follows. */
  readonly revision: number;
  /** Where this part of the export begins. */
  readonly after: Buffer;
  readonly first: ScanPage;
  pageAfter(position: Buffer): Promise<ScanPage>;
  /** Whether it is to go on after a page. */
  goesOn(): Promise<boolean>;
  /** What is told of an error that ends it. */
  problemOf(error: unknown): Problem;
}

/** The texts of an export. One that fails ends with the problem, and without its end. */
export async function* exportTexts(source: ExportSource): AsyncGenerator<string> {
  const { info, scope, revision } = source;
  const { incarnation, database } = scope;
  const cursorAt = (position: Buffer) => cursorText(scope, { position, revision });
  const position = positionOf(incarnation, revision);
  const head = { format: FORMAT, storeId: info.storeId, incarnation, database, position };
  yield lineOf({ ...head, cursor: cursorAt(source.after) });
  let [keys, unreadable] = [0, 0];
  try {
    for (let page = source.first; ; page = await source.pageAfter(page.next)) {
      yield* gathered(page.entries.map(entryLine));
      keys += page.entries.length;
      unreadable += page.unreadable;
      if (page.next === undefined) break;
      yield lineOf({ cursor: cursorAt(page.next) });
      if (!(await source.goesOn())) return;
    }
    yield lineOf({ end: true, keys, unreadable });
  } catch (error) {
    yield lineOf({ problem: source.problemOf(error) });
  }
}
