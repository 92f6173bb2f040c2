// Runs inside an instance's container and says what its process may do there: who it is, what it
// can ask of the kernel, where it can write. `create-and-use.test.ts` sends it there as text.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What a process can do in its container. */
export interface Confinement {
  userId: number | undefined;
  groupId: number | undefined;
  /** The effective capabilities, in hexadecimal. */
  capabilities: string | undefined;
  writable: string[];
}

const FOLDERS = ['/data/dumbkvstore', '/app', '/tmp', '/etc/dumbkv/sealing', '/etc/dumbkv/tokens'];

function canWriteIn(folder: string): boolean {
  const path = `${folder}/written-by-a-test`;
  try {
    writeFileSync(path, '');
    rmSync(path);
    return true;
  } catch {
    return false;
  }
}

const status = readFileSync('/proc/self/status', 'utf8');
const confinement: Confinement = {
  userId: process.getuid?.(),
  groupId: process.getgid?.(),
  capabilities: /^CapEff:\s*(\w+)$/m.exec(status)?.[1],
  writable: FOLDERS.filter(canWriteIn),
};
process.stdout.write(JSON.stringify(confinement));
