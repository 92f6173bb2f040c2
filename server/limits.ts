// Every bound of the server, in one place, with its unit at the end of its name.
// Next: `config.ts` for what a user may set.

const KIB = 1024;
const MIB = 1024 * KIB;

const keyBytesMax = KIB;
const valueBytesMax = MIB;

export const limits = Object.freeze({
  /** The longest key, in bytes of UTF-8. */
  keyBytesMax,
  /** The longest value, in bytes of UTF-8. */
  valueBytesMax,
  /** The highest database number: 2^31 - 1. */
  databaseMax: 2 ** 31 - 1,
  /**
   * JSON may write one byte as six (`\u0000`): every key and value within bounds fits, however it
   * is escaped.
   */
  bodyBytesMax: 6 * (keyBytesMax + valueBytesMax) + KIB,
  /** A body that names a key and no value. */
  keyBodyBytesMax: 6 * keyBytesMax + KIB,
  /** The bytes that all bodies together may have at one time, while they come and are worked on. */
  bodiesBytesMax: 64 * MIB,
  /** Keys and values of one batch together: with the largest value no less than one `PUT`. */
  batchBytesMax: valueBytesMax + keyBytesMax,
  /** Commas and opening brackets in the body of a batch. */
  batchJsonPartsMax: 2_048,
  /** Keys in one page of a list: the most, and how many where nothing is said. */
  listKeysMax: 1_000,
  listKeysDefault: 100,
  /** Events in one page of changes. */
  changesMax: 1_000,
  /** The longest that who asks for changes may have us wait for one. */
  changesWaitSecondsMax: 30,
  /** Change feeds, and those who wait for changes, at one time. */
  feedsMax: 256,
  /** How often a feed tells where it is, and is asked whether its token still counts. */
  feedHeartbeatMs: 15_000,
  /** Changes that come within this time are told together. */
  feedPauseMs: 50,
  /** How soon a reader whose feed has ended is to come again. */
  feedRetryMs: 2_000,
  /** Exports at one time, and the rows of one of their pages. */
  exportsMax: 8,
  exportRowsMax: 500,
  /** Imports at one time, and the longest line of one: an entry, however it is escaped. */
  importsMax: 4,
  importLineBytesMax: 6 * (keyBytesMax + valueBytesMax) + KIB,
  /** An import of which nothing comes for so long is over. */
  importIdleMs: 30_000,
  /** Lines that came are stored after this time, also where they are few. */
  importFlushMs: 200,
  /** How often an import tells how far it is. */
  importProgressMs: 1_000,
  /** Who sends an import that is refused gets this long to come to its end and read why. */
  importLingerMs: 2_000,
  /** A long reply of which nothing is read for so long is cut off. */
  longReplyStallMs: 30_000,
  /** At shutdown, who reads a long reply gets this long to read its end. */
  longRepliesEndMs: 500,
  /** Entity tags in one condition. */
  etagsMax: 32,
  /** The longest time to live: 100 years. */
  ttlMsMax: 100 * 365.25 * 24 * 60 * 60 * 1000,
  /** A key as one segment of a path: each byte may be three characters, and too long is told. */
  pathSegmentCharactersMax: 16 * KIB,
  /** The bytes of all replies together that wait to be read. */
  repliesBytesMax: 64 * MIB,
  /** Bodies and replies up to this are not counted: `connectionsMax` bounds them. */
  smallBytesMax: 8 * KIB,
  /** Commas and opening brackets in a body: many make JSON slow to read; no legal body has more. */
  jsonPartsMax: 64,
  /** When a client that was refused for want of room may come again. */
  retryAfterSeconds: 1,
  /** Request line and headers together. */
  headerBytesMax: 16 * KIB,
  /** The headers of a request must have come within this time. */
  headersTimeoutMs: 10_000,
  /** A whole request must have come within this time. */
  requestTimeoutMs: 30_000,
  /** How often Node looks for requests that are past the two times above. */
  connectionsCheckMs: 2_000,
  /**
   * A connection between two requests is kept this long: longer than proxies keep theirs (60 s).
   */
  keepAliveTimeoutMs: 72_000,
  /** A connection on which nothing moves, not even a reply being read, is closed. */
  idleSocketTimeoutMs: 75_000,
  /** A reply that is not small must be read within this time: its bytes are missing to others. */
  replyTimeoutMs: 30_000,
  /** More connections than this are refused. */
  connectionsMax: 4_096,
  /** How much of a client's own text an error may repeat, in characters. */
  echoCharactersMax: 64,
  /** How many wrong fields an error names. */
  fieldsNamedMax: 5,
  /**
   * The message of the last log line: the kubelet hands on the last 2 KiB of the log, and no more.
   */
  fatalMessageCharactersMax: 1_000,
  /** At shutdown, connections that are there get this long to send a last request. */
  shutdownDrainMs: 1_000,
  /** At shutdown, requests in flight get this long before their connections are cut. */
  shutdownGraceMs: 4_000,
  /** A shutdown that is not over by then ends the process with exit code 1. */
  shutdownTimeoutMs: 4_700,
  /** At shutdown, what is left of the traces gets this long to be sent. */
  tracesFlushMs: 500,
  /** How often the token file is read again. */
  tokensPollMs: 1_000,
  /** The longest token file. */
  tokensFileBytesMax: MIB,
  /** The most tokens in it: each request is compared with every one. */
  tokensMax: 1_000,
  /** How often the keys of the issuer are fetched again. */
  oidcRefreshMs: 300_000,
  /** After that it is not asked again so soon for a key that a token names; after a failure. */
  oidcPauseMs: 30_000,
  oidcFailurePauseMs: 5_000,
  /** How long keys count while the issuer cannot be reached. */
  oidcKeepMs: 86_400_000,
  /** How long an issuer has to answer, and how much it may say. */
  oidcFetchTimeoutMs: 5_000,
  oidcDocumentBytesMax: 512 * KIB,
  /** How far the issuer's clock may be off. */
  oidcClockToleranceSeconds: 30,
  /** Tokens of the issuer that are remembered, so that their signature is checked once. */
  oidcTokensMax: 10_000,
  /** The highest rate and the largest burst that can be asked for, in requests. */
  rateMax: 1_000_000,
  /** Callers whose rate is metered at one time. */
  rateCallersMax: 10_000,
  /** The longest sealing key file. */
  sealingKeyFileBytesMax: 64 * KIB,
  /** How often it is read again. */
  sealingKeysPollMs: 1_000,
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
  /** A connection beyond those that are kept is closed after so long without work. */
  databaseIdleTimeoutMs: 10_000,
  /** While Postgres is away: the pause before it is asked again, the first and the longest. */
  databasePauseMinMs: 100,
  databasePauseMaxMs: 5_000,
  /** A start waits so long for it. */
  databaseStartMs: 30_000,
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
  /** Writes that wait for their commit to begin; more are refused. Bodies bound their bytes. */
  writesWaitingMax: 4_096,
  /** Writes that share a commit: in number, and in bytes (a single one may have more). */
  groupChangesMax: 128,
  groupBytesMax: MIB,
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
  rotationRowsMax: 64,
  rotationBytesMax: 256 * KIB,
  /** The pause between two steps: so long, or so many times what the step took. */
  rotationPauseMs: 20,
  rotationPauseFactor: 4,
  /** After a failure, or on a full disk, it goes on that much later. */
  rotationRetryMs: 30_000,
  /** An import: entries under way at once, and how often each is tried and how long it may take. */
  importAtOnceMax: 32,
  importTriesMax: 10,
  importTimeoutMs: 30_000,
  /** How often it tells how far it is, in rows, and how much of an answer it shows. */
  importRowsUntoldMax: 5_000,
  importEchoCharactersMax: 300,
  /** How long a browser may remember a preflight answer. */
  corsMaxAgeSeconds: 600,
});
