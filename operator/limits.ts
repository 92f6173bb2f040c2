// Every bound of the operator, with its unit: sizes, times, counts. Nothing else here, so that an
// operator of a cluster can read on one page what the program will never exceed.

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

/** Connections and calls to the API server. */
export const kubeLimits = {
  unaryConnections: 32,
  connectTimeoutMs: 10 * SECOND_MS,
  headersTimeoutMs: 30 * SECOND_MS,
  unaryBodyTimeoutMs: 60 * SECOND_MS,
  /** The whole of one call, with its repetitions. */
  callTimeoutMs: 60 * SECOND_MS,
  keepAliveTimeoutMs: 60 * SECOND_MS,
  /** How long running calls may take to end when the operator stops. */
  closeTimeoutMs: 5 * SECOND_MS,
  tcpKeepAliveDelayMs: 30 * SECOND_MS,
  answerSizeBytes: 64 * MEBIBYTE,
  errorBodySizeBytes: 64 * KIBIBYTE,
  errorMessageCharacters: 1024,
  watchLineSizeBytes: 8 * MEBIBYTE,
  /**
   * How often a GET or LIST is repeated after 429 or 503 with Retry-After, and the longest wait.
   */
  retryAfterTries: 3,
  retryAfterMaxMs: 10 * SECOND_MS,
  credentialsMaxAgeMs: MINUTE_MS,
  credentialsMinReloadMs: SECOND_MS,
} as const;

/** List and watch of one kind. */
export const watchLimits = {
  pageObjects: 500,
  pages: 2000,
  timeoutMinSeconds: 300,
  timeoutMaxSeconds: 600,
  /** The API server sends a bookmark about each minute; longer silence is a dead connection. */
  silenceMs: 90 * SECOND_MS,
  /**
   * After so many silent watches in a row the kind is listed again: a proxy may hold events back.
   */
  silentWatchesBeforeRelist: 2,
  backoffBaseMs: 800,
  backoffMaxMs: 30 * SECOND_MS,
  backoffMinMs: 100,
  /** A watch that lived so long ends the memory of earlier failures. */
  healthyMs: 30 * SECOND_MS,
  /** A watch that the server ends sooner than this counts as a failure. */
  shortWatchMs: SECOND_MS,
  /** How often a kind that the API server does not know is looked for; up to twice as long. */
  unservedIntervalMs: MINUTE_MS,
  /** No word from the API server for so long: not ready. */
  contactMaxAgeMs: 5 * MINUTE_MS,
} as const;

/** The work queue. */
export const queueLimits = {
  itemBaseDelayMs: 5,
  /** Also of what is looked at again by time: a mended cause is noticed so soon. */
  itemMaxDelayMs: 5 * MINUTE_MS,
  /** Part of an item's delay that is random, added on top. */
  itemJitter: 0.1,
  bucketPerSecond: 10,
  bucketBurst: 100,
  /** How often one key is worked on at most, whatever events come: a burst, then steadily. */
  keyBurst: 30,
  keyPerSecond: 1,
} as const;

/** Leader election: the times of Kubernetes' own controllers. */
export const leaseLimits = {
  durationSeconds: 15,
  renewDeadlineMs: 10 * SECOND_MS,
  retryPeriodMs: 2 * SECOND_MS,
  jitterFactor: 1.2,
  callTimeoutMs: 4 * SECOND_MS,
  releasedDurationSeconds: 1,
} as const;

/** The HTTP servers for probes and metrics. */
export const healthLimits = {
  connections: 64,
  headersTimeoutMs: 5 * SECOND_MS,
  requestTimeoutMs: 10 * SECOND_MS,
  keepAliveTimeoutMs: 5 * SECOND_MS,
  headerSizeBytes: 8 * KIBIBYTE,
  /** How long answers may take to go out when the operator stops. */
  closeTimeoutMs: 2 * SECOND_MS,
  closeIntervalMs: 50,
} as const;

/** Events, as the API server bounds them. */
export const eventLimits = {
  noteBytes: 1024,
  instanceCharacters: 128,
} as const;

/** The status, as the schema bounds it. */
export const statusLimits = {
  conditions: 16,
} as const;

/** The GET through an instance's Service. */
export const probeLimits = {
  /** Asked at once, one GET for each instance; the others wait in line. */
  atOnce: 16,
  timeoutMs: 2 * SECOND_MS,
  lookupTimeoutMs: 30 * SECOND_MS,
  bodyCharacters: 4 * KIBIBYTE,
  /** What is not the server's own word counts when it was met so often in a row. */
  repeats: 3,
  /** From the first pause between two tries to the longest. */
  retryBaseMs: 2 * SECOND_MS,
  retryMaxMs: MINUTE_MS,
  /** What cannot be known is asked again at the first look after so long: at each resync. */
  unknownIntervalMs: 4 * MINUTE_MS,
} as const;

/** The GET that asks a server how full its volume is. */
export const usageLimits = {
  /** Asked at once, one GET for each instance; the others wait in line. */
  atOnce: 4,
  /** Less than the shortest pause between two resyncs, so that each of them asks. */
  intervalMs: 4 * MINUTE_MS,
  timeoutMs: 5 * SECOND_MS,
  /** What a server shows is some 30 KiB. */
  bodyCharacters: 256 * KIBIBYTE,
  /** So often in a row without an answer, and nothing is claimed any more. */
  failures: 3,
  /** How often at most another step is shown; pressure that comes or goes is shown at once. */
  changeIntervalMs: 10 * MINUTE_MS,
} as const;

/** Children that do not stay as they were written. */
export const contentionLimits = {
  /**
   * So often in a row a child is put back at once; then each time waits twice as long, as does what
   * was undone as it was written.
   */
  immediateWrites: 5,
  baseDelayMs: SECOND_MS,
  maxDelayMs: 5 * MINUTE_MS,
  /** So long after its last write a child counts as settled: more than the longest pause. */
  calmMs: 6 * MINUTE_MS,
} as const;

/** Reconciling. */
export const reconcileLimits = {
  workers: 4,
  /** The whole of one reconcile of one instance. */
  timeoutMs: 2 * MINUTE_MS,
  /** Each instance is looked at again after so long, with this part of it random. */
  resyncSeconds: 300,
  resyncJitter: 0.1,
  /**
   * How long workers may finish what they have begun when the operator stops, and how long what is
   * broken off then may take to end. Together with the release of the Lease and the closing of all
   * connections this stays below terminationGracePeriodSeconds of config/manager.
   */
  drainTimeoutMs: 20 * SECOND_MS,
  abortTimeoutMs: SECOND_MS,
} as const;
