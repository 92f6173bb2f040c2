// Every bound of the store and its engines, with its unit at the end of its name.
// Next: `../limits.ts` holds these beside all others; it is what the code reads.

const KIB = 1024;
const MIB = 1024 * KIB;

const valueBytesMax = MIB;

export const storeLimits = {
  /** The longest value, in bytes. */
  valueBytesMax,
  /** The longest file with the URL of a database. */
  locationFileBytesMax: 8 * KIB,
  /** Connections to Postgres: one writes, one listens, the others read. */
  poolConnectionsMin: 3,
  poolConnectionsMax: 1_000,
  /** Reads that wait for a connection, and for the statement that they share; more are refused. */
  poolWaitingMax: 256,
  readsWaitingMax: 4_096,
  /** Reads of entries that share a statement, and such statements at one time. */
  getsPerStatementMax: 128,
  getStatementsMax: 2,
  /** Longer values (as they are sealed) are read one by one. */
  sharedValueBytesMax: 16 * KIB,
  /** No sealed value is longer: the value, its media type, and what the seal adds. */
  storedValueBytesMax: valueBytesMax + KIB,
  /** No sealed counter is longer. */
  counterBytesMax: 512,
  /** How long Postgres is waited for: to connect, to answer a read, to answer a writer. */
  databaseConnectTimeoutMs: 3_000,
  databaseReadTimeoutMs: 5_000,
  databaseWriteTimeoutMs: 10_000,
  /** How long a statement waits for another replica, and how long a silent one may hold it up. */
  databaseLockTimeoutMs: 5_000,
  databaseIdleTransactionMs: 10_000,
  /** After so long without a word, and then so often, Postgres asks whether a replica is there. */
  databaseProbeSeconds: 5,
  databaseProbesMax: 3,
  /** A connection beyond those that are kept is closed after so long without work. */
  databaseIdleTimeoutMs: 10_000,
  /** No connection that reads is kept for longer. */
  databaseLifetimeMs: 60_000,
  /** While Postgres is away: the pause before it is asked again, the first and the longest. */
  databasePauseMinMs: 100,
  databasePauseMaxMs: 5_000,
  /** A start waits so long for it, and lets a step of a new schema take so long. */
  databaseStartMs: 30_000,
  /** After a failover a start waits so long for a server that runs to say that nothing was lost. */
  databaseSettleMs: 10_000,
  databaseRaiseMs: 60 * 60 * 1000,
  /** The sweep on Postgres looks this often at the least: other replicas write, too. */
  databaseSweepMs: 30_000,
  /** While somebody follows the changes, other replicas' are looked for this often. */
  feedPollMs: 1_000,
  /** What is written in so short a time shares one hint to other replicas. */
  hintDelayMs: 50,
  /** How often a server that waits for the store's lock tries again. */
  lockRetryMs: 200,
  /** How often it says so in its log. */
  lockLogMs: 10_000,
  /** How long opening the store waits for a stranger who reads the database file. */
  storeOpenBusyMs: 5_000,
  /** How long a statement waits for such a stranger; other requests wait with it. */
  storeBusyMs: 1_000,
  /**
   * After a failure of the disk: how long a new connection waits for such a stranger, and how long
   * the next try is put off if it cannot prove itself. All requests wait with it.
   */
  storeHealBusyMs: 100,
  storeHealPauseMs: 1_000,
  /** Writes that wait for their commit to begin, in number and in bytes; more are refused. */
  writesWaitingMax: 4_096,
  writesWaitingBytesMax: 64 * MIB,
  /** Writes that share a commit: in number, and in bytes (a single one may have more). */
  groupChangesMax: 128,
  groupBytesMax: MIB,
  /** Lookups of names that the writer keeps: twice so many, and of short names only. */
  lookupsKeptMax: 8_192,
  lookupKeyCharactersMax: 128,
  /** The most changes in one batch. */
  batchChangesMax: 128,
  /**
   * For so long, and so many of them, removals are remembered for those who follow the changes.
   */
  removalRetentionMs: 24 * 60 * 60 * 1000,
  removalsMax: 100_000,
  /** How many entries one step of the sweep ends or forgets, and the pause before the next. */
  sweepRowsMax: 128,
  sweepPauseMs: 20,
  /** The sweep comes this long after an entry has ended at the least, and this rarely at most. */
  sweepDelayMinMs: 500,
  sweepDelayMaxMs: 60 * 60 * 1000,
  /** Going through entries: rows and bytes of values of a page, and time without a break. */
  scanRowsMax: 5_000,
  scanBytesMax: 4 * MIB,
  scanSliceMs: 5,
  /** Opened entries that are kept in memory, all together and one alone, and what each costs. */
  entryCacheBytesMax: 16 * MIB,
  cachedEntryBytesMax: 64 * KIB,
  cachedEntryOverheadBytes: 256,
  /** A write-ahead log of so many pages (of 4 KiB) is copied into the database file. */
  logPagesMax: 1_000,
  /** One of so many is, too, when nobody has written for so long. */
  logPagesQuietMax: 100,
  logQuietMs: 50,
  /**
   * Room that is kept free for a full disk: a whole write-ahead log (4 MiB) and the largest group
   * on top of it (2 MiB, with the pages around it) can be moved into the database file.
   */
  reserveBytes: 6 * MIB,
  /** How often it is tried to set that room aside again. */
  reserveRetryMs: 10_000,
  /** Without this much room nothing is opened: SQLite maps 32 KiB for each 4,000 pages of log. */
  openRoomBytes: 256 * KIB,
  /** SQLite's page cache. */
  storeCacheKib: 16 * KIB,
  /**
   * One data key makes at most this many seals: random nonces must not repeat (NIST SP 800-38D).
   */
  sealsPerDataKeyMax: 2 ** 30,
  /**
   * A rotation of keys goes in steps, one commit each: so many keys are wrapped anew, or so many
   * rows looked at, and so many entries and bytes of them sealed anew.
   */
  rotationKeysMax: 64,
  rotationLookMax: 1_000,
  rotationRowsMax: 32,
  rotationBytesMax: 256 * KIB,
  /** The pause between two steps: so long, or so many times what the step took. */
  rotationPauseMs: 20,
  rotationPauseFactor: 4,
  /** After a failure, or on a full disk, it goes on that much later. */
  rotationRetryMs: 30_000,
  /** On Postgres it looks that often whether another replica has left something to do. */
  databaseRotationLookMs: 5 * 60 * 1000,
};
