// A folder of its own for each test, gone after it.
// Used by every test that needs real files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Makes an empty folder that is removed when the running test ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dumbkv-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
