// How the process ends; docs/kubectl-dumbkv.md tells users. The commands and failure.ts use it.

/** Exit codes by what they mean. */
export const EXIT = { ok: 0, failed: 1, usage: 2, notReady: 3 } as const;
