// The commits in a write-ahead log that nothing has damaged, and how many frames each has. Up to
// the end of a commit SQLite takes a log as a whole: its bytes up to there are an earlier state.
// Used by `flipped-bytes.ts`.

const HEAD_BYTES = 32;
const FRAME_HEAD_BYTES = 24;
/** Where the head and each frame have the salts, by which frames of an older log are told. */
const HEAD_SALTS = 16;
const FRAME_SALTS = 8;
const SALTS_BYTES = 8;
const PAGE_BYTES_AT = 8;
/** In a frame: the size of the database after a commit; 0 in one that is none. */
const SIZE_AFTER_COMMIT = 4;

export interface LogCommit {
  readonly frames: number;
  /** Where its last frame ends, in bytes. */
  readonly end: number;
}

/** All commits, in their order. */
export function commitsIn(log: Buffer): LogCommit[] {
  const commits: LogCommit[] = [];
  if (log.length < HEAD_BYTES) return commits;
  const salts = log.subarray(HEAD_SALTS, HEAD_SALTS + SALTS_BYTES);
  const frameBytes = FRAME_HEAD_BYTES + log.readUInt32BE(PAGE_BYTES_AT);
  let frames = 0;
  for (let at = HEAD_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    const own = log.subarray(at + FRAME_SALTS, at + FRAME_SALTS + SALTS_BYTES);
    if (!own.equals(salts)) break;
    frames += 1;
    if (log.readUInt32BE(at + SIZE_AFTER_COMMIT) === 0) continue;
    commits.push({ frames, end: at + frameBytes });
    frames = 0;
  }
  return commits;
}
