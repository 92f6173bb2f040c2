// Where the API server is and how the operator proves who it is, from a kubeconfig or the service
// account of its pod. The transport (transport.ts) asks for headers with each request.
import type { RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { type Clock, systemClock } from '../clock.ts';
import { kubeLimits } from '../limits.ts';
import { TransportError } from './api-errors.ts';

/** TLS settings of every connection, read once. */
export interface TlsSettings {
  ca?: string | Buffer;
  cert?: string | Buffer;
  key?: string | Buffer;
  servername?: string;
  rejectUnauthorized?: boolean;
}

/** The address of the API server and the means to authenticate. */
export interface Credentials {
  /** Scheme, host and port, with a path prefix if the cluster has one; no slash at the end. */
  serverUrl: string;
  tls: TlsSettings;
  /** The namespace of the kubeconfig's context or of the pod, if one is named. */
  namespace: string | undefined;
  /** Headers that authenticate; a token file is read again after a minute. */
  headers(): Promise<Record<string, string>>;
  /** The server refused these headers: read everything anew before the next request. */
  invalidate(refused: Record<string, string>): void;
}

/** Where credentials come from: a kubeconfig file, or what `kubectl` and pods find by default. */
export interface CredentialsSource {
  kubeconfigPath?: string | undefined;
  clock?: Clock;
}

function readConfiguration(source: CredentialsSource): KubeConfig {
  const configuration = new KubeConfig();
  try {
    if (source.kubeconfigPath === undefined) configuration.loadFromDefault();
    else configuration.loadFromFile(source.kubeconfigPath);
  } catch (cause) {
    throw configurationError(
      'the kubeconfig cannot be read; check the file that KUBECONFIG names',
      {
        cause,
      },
    );
  }
  return configuration;
}

function configurationError(message: string, options?: ErrorOptions): TransportError {
  return new TransportError('DKV_KUBE_CREDENTIALS', `Kubernetes credentials: ${message}`, options);
}

function clusterOf(configuration: KubeConfig): { server: string } {
  const cluster = configuration.getCurrentCluster();
  if (!cluster) throw configurationError('the current context names no known cluster');
  if (!cluster.server.startsWith('https://')) {
    throw configurationError(
      `no https address of an API server (found ${cluster.server}); set KUBECONFIG or run in a pod`,
    );
  }
  if (cluster.proxyUrl) throw configurationError('proxy-url is not supported; remove it');
  return cluster;
}

async function readOptions(configuration: KubeConfig): Promise<RequestOptions> {
  const options: RequestOptions = {};
  try {
    await configuration.applyToHTTPSOptions(options);
  } catch (cause) {
    throw configurationError('a certificate, key or token cannot be read', { cause });
  }
  return options;
}

function tlsSettings(options: RequestOptions): TlsSettings {
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    ...(ca === undefined ? {} : { ca: ca as string | Buffer }),
    ...(cert === undefined ? {} : { cert: cert as string | Buffer }),
    ...(key === undefined ? {} : { key: key as string | Buffer }),
    ...(servername === undefined ? {} : { servername }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

// A token file ends in a newline more often than not, and a header must not.
function authenticationHeaders(options: RequestOptions): Record<string, string> {
  const found = Object.entries((options.headers ?? {}) as Record<string, string>);
  return Object.fromEntries(found.map(([name, value]) => [name.toLowerCase(), value.trim()]));
}

/**
 * Reads the credentials. The configuration itself is read anew only after a refusal, since
 * client-node's own token cache cannot be emptied otherwise.
 */
export async function loadCredentials(source: CredentialsSource = {}): Promise<Credentials> {
  const clock = source.clock ?? systemClock;
  let configuration = readConfiguration(source);
  const cluster = clusterOf(configuration);
  const first = await readOptions(configuration);
  let current = authenticationHeaders(first);
  let readAtMs = clock.nowMs();
  let refused = false;
  let reading: Promise<Record<string, string>> | undefined;

  const readAgain = async () => {
    const mustDiffer = refused;
    if (mustDiffer) configuration = readConfiguration(source);
    try {
      current = authenticationHeaders(await readOptions(configuration));
    } catch (error) {
      // A file may be missing for a moment while it is replaced; what worked so far still may.
      if (mustDiffer) throw error;
    }
    refused = false;
    readAtMs = clock.nowMs();
    return current;
  };
  const isFresh = () => {
    const maxAgeMs = refused ? kubeLimits.credentialsMinReloadMs : kubeLimits.credentialsMaxAgeMs;
    return clock.nowMs() - readAtMs < maxAgeMs;
  };
  return {
    serverUrl: cluster.server.replace(/\/+$/, ''),
    tls: tlsSettings(first),
    namespace:
      configuration.getContextObject(configuration.getCurrentContext())?.namespace || undefined,
    async headers() {
      if (isFresh()) return current;
      reading ??= readAgain().finally(() => {
        reading = undefined;
      });
      return reading;
    },
    invalidate(used) {
      if (used.authorization === current.authorization) refused = true;
    },
  };
}
