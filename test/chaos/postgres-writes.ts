// Proof: several servers on one Postgres lose no acknowledged write and undo none, whatever befalls
// them, their database and the way between; revisions never come twice, and the change feed tells
// each change once, in order.
// Next: `database-faults.ts` is what befalls them, `batch-load.ts` writes, `revisions.ts` judges.
import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../server/support/wait-for.ts';
import { BatchLoad } from './batch-load.ts';
import type { Chance } from './chance.ts';
import { amidFaults, type DatabaseFaults } from './database-faults.ts';
import { FeedFollower } from './feed-follower.ts';
import type { HttpClient } from './http-client.ts';
import { Ledger, type State } from './ledger.ts';
import type { Proof, Run } from './proof.ts';
import type { Replicas } from './replicas.ts';
import { Revisions } from './revisions.ts';

const figures = {
  short: { faults: 10, acknowledged: 2_000, writers: 24, keys: 100, replicas: 3 },
  long: { faults: 100, acknowledged: 40_000, writers: 48, keys: 100, replicas: 3 },
};
type Figures = typeof figures.long;

/** So soon one may come after another, before all is good again. */
const HURRIED_SHARE = 0.25;
const HURRY_MS = 1_000;
const FAULT_DELAY_MS = 50;
const RECOVERY_LIMIT_MS = 120_000;

export const postgresWrites: Proof<Figures> = {
  name: 'postgres-writes',
  says: 'Replicas and their Postgres are killed, cut off, rotated: no acknowledged write is lost.',
  needsTracer: false,
  needsPostgres: true,
  ...figures,
  async run({ faults: count, acknowledged, writers, keys, replicas: replicaCount }, run) {
    const [ledger, revisions] = [new Ledger(), new Revisions()];
    const size = { count: replicaCount, connections: writers };
    return amidFaults(run, size, async ({ replicas, faults, chance }) => {
      const shared = { replicas, ledger, revisions, chance: run.chance };
      const load = new BatchLoad({ ...shared, keysPerWriter: keys }, writers);
      const followers = replicas.all.map(() => new FeedFollower(shared));
      const end = new AbortController();
      const writing = load.run();
      const suffering = async () => {
        await suffer({ run, replicas, load, faults, chance, count, acknowledged });
        load.isOver = true;
        await writing;
        await replicas.untilAllListen();
        await expectAllTold(replicas, followers);
        end.abort();
      };
      const following = followers.map((follower) => follower.follow(end.signal));
      await Promise.all([writing, suffering(), ...following]);
      for (const { told } of followers) revisions.expectTold(told);
      run.progress('all was told; the rotation of sealing keys comes to its end');
      await replicas.finishRotation();
      run.progress('it is over; all is read by every server');
      for (const { client } of replicas.listening) await load.expectNothingLost(client);
      const fresh = await replicas.goOnAfresh(replicas.rotation.line);
      await load.expectNothingLost(fresh.client);
      await expectFeedOfAll(fresh.client, ledger);
      await expectCountsInOrder(replicas);
      return (
        `${load.acknowledged} acknowledged batches of ${ledger.acknowledgedCount} changes by ` +
        `${writers} writers and ${replicaCount} replicas, ${load.uncertain} of unknown outcome, ` +
        `${count} faults, ${replicas.rotation.count} rotations of sealing keys: none lost or ` +
        `undone; ${revisions.highest} revisions, each given once, told in order by ` +
        `${followers.length} feeds that went on ${turnsOf(followers)} times`
      );
    });
  },
};

const turnsOf = (followers: readonly FeedFollower[]): number =>
  followers.reduce((sum, { turns }) => sum + turns, 0);

interface Suffering {
  readonly run: Run;
  readonly replicas: Replicas;
  readonly load: BatchLoad;
  readonly faults: DatabaseFaults;
  readonly chance: Chance;
  readonly count: number;
  readonly acknowledged: number;
}

/** One fault after another, each within writes; after most of them writes must go on first. */
async function suffer(parts: Suffering): Promise<void> {
  const { run, replicas, load, faults, chance, count, acknowledged } = parts;
  let last = 'the start';
  for (let at = 0; at <= count; at += 1) {
    const left = Math.max(0, acknowledged - load.acknowledged);
    const due = load.acknowledged + Math.max(1, Math.ceil(left / (count - at + 1)));
    const isHurried = chance.happens(HURRIED_SHARE) && at < count;
    const delayMs = chance.next() * (isHurried ? HURRY_MS : FAULT_DELAY_MS);
    if (!isHurried) await untilWritten(parts, due, last);
    if (at === count) return;
    await delay(delayMs);
    last = await faults.next();
    replicas.expectNoTrouble();
    run.progress(`${at + 1} faults, ${load.acknowledged} acknowledged; last: ${last}`);
  }
}

const untilWritten = ({ load, replicas }: Suffering, due: number, last: string) =>
  waitFor(
    `writes to go on after: ${last}`,
    () => {
      replicas.expectNoTrouble();
      return load.acknowledged >= due;
    },
    RECOVERY_LIMIT_MS,
  );

/** Waits until all followers have come to the end. */
async function expectAllTold(replicas: Replicas, followers: readonly FeedFollower[]) {
  await waitFor(
    'all followers to be told of everything',
    async () => {
      const [row] = (await replicas.ask('SELECT revision FROM store')) ?? [];
      return followers.every(({ told }) => String(told.last) === row?.revision);
    },
    RECOVERY_LIMIT_MS,
  );
}

interface Page {
  readonly events: { key: string; revision: string; type: string; value?: string }[];
  readonly position: string;
  readonly hasMore: boolean;
}

/** From the beginning each key has one event, which says what is there. */
async function expectFeedOfAll(client: HttpClient, ledger: Ledger): Promise<void> {
  const states = new Map<string, State>();
  let revision = 0;
  let page: Page | undefined;
  while (page === undefined || page.hasMore) {
    const since = page === undefined ? '' : `&since=${page.position}`;
    const path = `/v1/databases/0/changes?values=true&limit=1000${since}`;
    page = JSON.parse((await client.send({ method: 'GET', path, headers: {} })).text) as Page;
    for (const event of page.events) {
      const isWrong = states.has(event.key) || Number(event.revision) <= revision;
      if (isWrong) throw new Error(`the feed tells of ${event.key} again, or out of order`);
      states.set(event.key, event.type === 'put' ? event.value : undefined);
      revision = Number(event.revision);
    }
  }
  for (const key of ledger.keys) {
    const complaint = ledger.complaint(key, states.get(key));
    if (complaint !== undefined) throw new Error(`the feed from the beginning: ${complaint}`);
  }
}

const COUNTS = `
  SELECT key_count = (SELECT count(*) FROM entries WHERE removed_at IS NULL) AS keys,
    removal_count = (SELECT count(*) FROM entries WHERE removed_at IS NOT NULL) AS removals,
    stored_bytes = (SELECT coalesce(sum(octet_length(name) + octet_length(value)), 0)
                    FROM entries WHERE removed_at IS NULL) AS bytes,
    (SELECT count(*) = count(DISTINCT revision) AND max(revision) = store.revision
     FROM entries) AS revisions
  FROM store`;

/** What the store counts with each change is what it holds. */
async function expectCountsInOrder(replicas: Replicas): Promise<void> {
  const [row = {}] = (await replicas.ask(COUNTS)) ?? [];
  const wrong = Object.entries(row).filter(([, isRight]) => isRight !== true);
  if (wrong.length === 0 && Object.keys(row).length === 4) return;
  throw new Error(`the store counts wrong: ${wrong.map(([name]) => name).join(', ')}`);
}
