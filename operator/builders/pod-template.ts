// The pod of an instance: one container that fits the `restricted` Pod Security level, its probes,
// its settings and its volumes, a small function each. deployment.ts wraps it.
import type { DumbKV } from '../../crds/schema.ts';
import { largerQuantity, smallerQuantity } from '../api/quantity.ts';
import {
  claimName,
  labelsFor,
  STORE_ID_LABEL,
  sealingSecretName,
  tokenSecretName,
} from './metadata.ts';
import { SEALING_KEY_FIELD, TOKEN_FIELD } from './secret.ts';
import { SERVER_PORT, SERVER_PORT_NAME } from './service.ts';

/** The only container that is ours. */
export const SERVER_CONTAINER = 'server';
const USER_ID = 10001;
const DATA_DIRECTORY = '/data/dumbkvstore';
const SEALING_DIRECTORY = '/etc/dumbkv/sealing';
const TOKENS_DIRECTORY = '/etc/dumbkv/tokens';
/** Longer than the server's own limit, so that the kubelet never cuts a shutdown short. */
const TERMINATION_GRACE_SECONDS = 30;
/** A pod may wait in startup for the one before it to let go of the store, so this is generous. */
const STARTUP_FAILURES_MAX = 300;
const DEFAULT_RESOURCES = {
  requests: { cpu: '50m', memory: '128Mi' },
  limits: { memory: '512Mi' },
};

/** What the pod template needs besides the DumbKV. */
export interface PodSettings {
  image: string;
  storeId: string;
}

/** The pod template of an instance. */
export function podTemplate(dumbkv: DumbKV, settings: PodSettings): Record<string, unknown> {
  return {
    metadata: {
      labels: { ...labelsFor(dumbkv.metadata.name), [STORE_ID_LABEL]: settings.storeId },
      annotations: { 'kubectl.kubernetes.io/default-container': SERVER_CONTAINER },
    },
    spec: {
      serviceAccountName: dumbkv.metadata.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER_ID,
        runAsGroup: USER_ID,
        fsGroup: USER_ID,
        fsGroupChangePolicy: 'OnRootMismatch',
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [serverContainer(dumbkv, settings)],
      volumes: volumes(dumbkv),
    },
  };
}

function serverContainer(dumbkv: DumbKV, settings: PodSettings): Record<string, unknown> {
  return {
    name: SERVER_CONTAINER,
    image: settings.image,
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: SERVER_PORT_NAME, containerPort: SERVER_PORT, protocol: 'TCP' }],
    env: environment(dumbkv, settings),
    resources: resources(dumbkv),
    startupProbe: { ...probe('/health/startup', 1), failureThreshold: STARTUP_FAILURES_MAX },
    readinessProbe: { ...probe('/health/ready', 2), failureThreshold: 3 },
    livenessProbe: { ...probe('/health/live', 10), failureThreshold: 6 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: volumeMounts(dumbkv),
  };
}

function environment(dumbkv: DumbKV, settings: PodSettings): { name: string; value: string }[] {
  const values: Record<string, string> = {
    DATABASE_TYPE: dumbkv.spec.engine,
    DATABASE_LOCATION: `${DATA_DIRECTORY}/dumbkv.db`,
    HOST: '::',
    PORT: String(SERVER_PORT),
    STORE_ID: settings.storeId,
    SEALING_KEY_FILE: `${SEALING_DIRECTORY}/${SEALING_KEY_FIELD}`,
  };
  if (tokenSecretName(dumbkv) !== undefined) {
    values.TOKENS_FILE = `${TOKENS_DIRECTORY}/${TOKEN_FIELD}`;
  }
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

/**
 * What the user asked for, over the defaults: a value that the spec gives replaces only its own,
 * and
 * a default gives way where it would make a request larger than its limit.
 */
function resources(dumbkv: DumbKV): Record<string, unknown> {
  const { requests = {}, limits = {} } = dumbkv.spec.resources ?? {};
  const defaults = DEFAULT_RESOURCES;
  return {
    requests: {
      cpu: requests.cpu ?? smallerQuantity(defaults.requests.cpu, limits.cpu),
      memory: requests.memory ?? smallerQuantity(defaults.requests.memory, limits.memory),
    },
    limits: {
      ...(limits.cpu === undefined ? {} : { cpu: limits.cpu }),
      memory: limits.memory ?? largerQuantity(defaults.limits.memory, requests.memory),
    },
  };
}

function probe(path: string, periodSeconds: number): Record<string, unknown> {
  return { httpGet: { path, port: SERVER_PORT_NAME }, periodSeconds, timeoutSeconds: 5 };
}

function volumeMounts(dumbkv: DumbKV): Record<string, unknown>[] {
  const mounts: Record<string, unknown>[] = [
    { name: 'data', mountPath: DATA_DIRECTORY },
    { name: 'sealing', mountPath: SEALING_DIRECTORY, readOnly: true },
  ];
  if (tokenSecretName(dumbkv) !== undefined) {
    mounts.push({ name: 'tokens', mountPath: TOKENS_DIRECTORY, readOnly: true });
  }
  return mounts;
}

function volumes(dumbkv: DumbKV): Record<string, unknown>[] {
  const { name } = dumbkv.metadata;
  const result: Record<string, unknown>[] = [
    { name: 'data', persistentVolumeClaim: { claimName: claimName(name) } },
    { name: 'sealing', secret: { secretName: sealingSecretName(name), defaultMode: 0o440 } },
  ];
  const tokens = tokenSecretName(dumbkv);
  if (tokens !== undefined) {
    result.push({ name: 'tokens', secret: { secretName: tokens, defaultMode: 0o440 } });
  }
  return result;
}
