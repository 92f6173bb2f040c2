// A client that writes only while this process leads, and counts what it writes. Reads, and applies
// that are only tried, pass through. Reconcile gets this one; the election and the reflectors use
// the plain client.
import type { KubeClient, ResourceType } from './client.ts';

/** This process may not write: it lost the Lease, or could not renew it in time. */
export class NotLeaderError extends Error {
  readonly code = 'DKV_NOT_LEADER';

  constructor() {
    super('This process does not hold the Lease, so it writes nothing; the holder goes on.');
    this.name = 'NotLeaderError';
  }
}

export interface Fence {
  mayWrite: () => boolean;
  /** Told of each write that succeeded: `verb` is create, apply, patch, update or delete. */
  onWrite: (kind: string, verb: string) => void;
}

/** The client with every write behind the fence. */
export function fencedClient(client: KubeClient, { mayWrite, onWrite }: Fence): KubeClient {
  async function fenced<T>(type: ResourceType, verb: string, write: () => Promise<T>): Promise<T> {
    if (!mayWrite()) throw new NotLeaderError();
    const result = await write();
    onWrite(type.kind, verb);
    return result;
  }
  return {
    get: (...call) => client.get(...call),
    list: (...call) => client.list(...call),
    watch: (...call) => client.watch(...call),
    create: (...call) => fenced(call[0], 'create', () => client.create(...call)),
    apply: (...call) =>
      call[2]?.dryRun
        ? client.apply(...call)
        : fenced(call[0], 'apply', () => client.apply(...call)),
    mergePatch: (...call) => fenced(call[0], 'patch', () => client.mergePatch(...call)),
    replace: (...call) => fenced(call[0], 'update', () => client.replace(...call)),
    remove: (...call) => fenced(call[0], 'delete', () => client.remove(...call)),
  };
}
