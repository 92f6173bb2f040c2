// Every bound of the server, in one place, with its unit at the end of its name.
// Next: `store/store-limits.ts` for those of the store, `config.ts` for what a user may set.
import { storeLimits } from './store/store-limits.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

const keyBytesMax = KIB;
const { valueBytesMax } = storeLimits;

export const limits = Object.freeze({
  ...storeLimits,
  /** The longest key, in bytes of UTF-8. */
  keyBytesMax,
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
  /** As lines come, what came is stored, and the token looked at again, this often at least. */
  importCheckMs: 1_000,
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
  /** Requests that wait behind another: on one connection, and on all of them together. */
  pipelinedMax: 128,
  pipelinedInAllMax: 4_096,
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
  /** When what only the start needed is given back: who asks first shall not wait for that. */
  startMemoryReleaseMs: 2_000,
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
