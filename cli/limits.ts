// Every bound of the plugin, with its unit or in kubectl's own words.

export const limits = {
  /** How long a command waits for pods, as kubectl takes it. */
  readyWait: '5m',
  /** How often a command looks whether the operator has done what was asked. */
  lookAgainMs: 500,
  /** How long it looks. */
  operatorWaitMs: 60_000,
  /** Lines of each pod that `logs` prints unless told otherwise. */
  logLines: 200,
  /** Pods that `logs --follow` follows; kubectl alone stops at five. */
  followedPods: 100,
  /** Of each container's log, the lines and the bytes that a report holds at most. */
  reportLogLines: 5_000,
  reportLogBytes: 5_000_000,
  /** A shorter word may stand anywhere by chance: without it the rest could not be read. */
  secretWordLengthMin: 6,
} as const;
