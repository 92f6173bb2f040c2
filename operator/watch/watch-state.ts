// What is known of one watch: whether it has listed, when the API server was last heard, what
// failed. Readiness (health.ts) and the metrics judge by it.

/** Why a watch was begun again. */
export type RestartReason = 'ended' | 'short' | 'silent' | 'expired' | 'refused' | 'failed';

/** The last failure of a watch; `statusCode` is there when the API server answered. */
export interface WatchFailure {
  message: string;
  statusCode?: number;
  atMs: number;
}

/** The state of one watch; times are milliseconds of the operator's clock. */
export interface WatchState {
  kind: string;
  namespace?: string;
  /** The first list is complete. */
  synced: boolean;
  /** When a list, an event or a bookmark last came, or the reflector was made. */
  lastContactTimeMs: number;
  /** Failures in a row. */
  failures: number;
  /** The last failure since the last word from the API server. */
  lastError?: WatchFailure;
}

/**
 * The sentence that says why this watch makes the operator not ready, or undefined when it is
 * fine.
 */
export function watchProblem(
  state: WatchState,
  nowMs: number,
  contactMaxAgeMs: number,
): string | undefined {
  const name = state.namespace === undefined ? state.kind : `${state.kind} in ${state.namespace}`;
  const failed = state.lastError === undefined ? '' : `; last error: ${state.lastError.message}`;
  if (!state.synced) return `${name}: not listed yet${failed}`;
  const ageMs = nowMs - state.lastContactTimeMs;
  if (ageMs <= contactMaxAgeMs) return undefined;
  return `${name}: no word from the API server for ${Math.round(ageMs / 1000)} s${failed}`;
}
