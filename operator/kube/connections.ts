// The two connection pools to the API server: calls share a few connections, each watch has its
// own. The transport (transport.ts) picks one for each request.
import { Agent } from 'undici';
import { kubeLimits } from '../limits.ts';
import type { TlsSettings } from './credentials.ts';

/** The pools of one transport. */
export interface Connections {
  unary: Agent;
  watch: Agent;
}

/** Makes the pools; nothing connects before the first request. HTTP/1.1 only: see below. */
export function createConnections(tls: TlsSettings): Connections {
  const shared: Agent.Options = {
    // Over HTTP/2 a call may have to wait behind a watch on the same session.
    allowH2: false,
    connect: {
      ...tls,
      timeout: kubeLimits.connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: kubeLimits.tcpKeepAliveDelayMs,
    },
    headersTimeout: kubeLimits.headersTimeoutMs,
    keepAliveTimeout: kubeLimits.keepAliveTimeoutMs,
  };
  const unary = new Agent({
    ...shared,
    connections: kubeLimits.unaryConnections,
    bodyTimeout: kubeLimits.unaryBodyTimeoutMs,
    maxResponseSize: kubeLimits.answerSizeBytes,
  });
  // The reflector keeps the silence limit of a watch, since only it can resume where it was.
  const watch = new Agent({ ...shared, bodyTimeout: 0 });
  return { unary, watch };
}

/** Cuts the watches, lets running calls end within a limit, and closes every connection. */
export async function closeConnections(connections: Connections): Promise<void> {
  const { unary, watch } = connections;
  const limit = setTimeout(() => void unary.destroy(), kubeLimits.closeTimeoutMs);
  await Promise.all([unary.close(), watch.destroy()]);
  clearTimeout(limit);
}
