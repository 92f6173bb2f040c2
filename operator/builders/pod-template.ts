// The pod of an instance: one container that fits the `restricted` Pod Security level, its probes,
// its settings and its volumes, a small function each. deployment.ts wraps it.
import type { DumbKV } from '../../crds/schema.ts';
import { containerResources } from './container-resources.ts';
import {
  databaseSecret,
  labelsFor,
  STORE_ID_LABEL,
  sealingSecretName,
  selectorLabels,
  tokenSecretName,
} from './metadata.ts';
import { type PodWish, restartAnnotation } from './pinned.ts';
import { placement, podMetadata } from './placement.ts';
import { CONTAINER_SECURITY, podSecurity } from './restricted.ts';
import { SEALING_KEY_FIELD, TOKEN_FIELD } from './secret.ts';
import { SERVER_PORT, SERVER_PORT_NAME } from './service.ts';
import { storeSettings } from './store-settings.ts';

/** The only container that is ours. */
export const SERVER_CONTAINER = 'server';
const USER_ID = 10001;
const SEALING_DIRECTORY = '/etc/dumbkv/sealing';
const TOKENS_DIRECTORY = '/etc/dumbkv/tokens';
/** Longer than the server's own limit, so that the kubelet never cuts a shutdown short. */
const TERMINATION_GRACE_SECONDS = 30;
const FAREWELL_SECONDS = 5;
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
  /** A mark of the restart that was asked for last. */
  restart?: string | undefined;
}

/** The pods of an instance's server; `image` is the one where the spec names none. */
export function serverPods(dumbkv: DumbKV, { image, storeId }: PodSettings): PodWish {
  const { spec } = dumbkv;
  return {
    inputs: {
      storeId,
      image: spec.image,
      resources: spec.resources,
      tokens: tokenSecretName(dumbkv),
      database: databaseSecret(dumbkv),
      pool: spec.postgres?.pool,
      template: spec.template,
    },
    releaseImage: image,
    render: (chosen, restart) => podTemplate(dumbkv, { image: chosen, storeId, restart }),
  };
}

/** The pod template of an instance. */
export function podTemplate(dumbkv: DumbKV, settings: PodSettings): Record<string, unknown> {
  return {
    metadata: podMetadata(
      dumbkv,
      { ...labelsFor(dumbkv.metadata.name), [STORE_ID_LABEL]: settings.storeId },
      {
        'kubectl.kubernetes.io/default-container': SERVER_CONTAINER,
        ...restartAnnotation(settings.restart),
      },
    ),
    spec: {
      serviceAccountName: dumbkv.metadata.name,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
      securityContext: podSecurity(USER_ID),
      ...placement(dumbkv),
      ...spread(dumbkv),
      containers: [serverContainer(dumbkv, settings)],
      volumes: volumes(dumbkv),
    },
  };
}

/** Pods that share a database go to different nodes where they can. */
function spread({ spec, metadata }: DumbKV): Record<string, unknown> {
  const asked = spec.template?.topologySpreadConstraints;
  if (spec.engine === 'sqlite' && asked === undefined) return {};
  const keys = ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'];
  const loosely = { maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' };
  const constraints = asked ?? keys.map((topologyKey) => ({ topologyKey, ...loosely }));
  return {
    topologySpreadConstraints: constraints.map((constraint) => ({
      ...constraint,
      labelSelector: { matchLabels: selectorLabels(metadata.name) },
      matchLabelKeys: ['pod-template-hash'],
    })),
  };
}

/**
 * Where pods replace each other while others serve: until every proxy knows that this one goes, it
 * still answers.
 */
const farewell = ({ spec }: DumbKV): Record<string, unknown> =>
  spec.engine === 'sqlite'
    ? {}
    : { lifecycle: { preStop: { sleep: { seconds: FAREWELL_SECONDS } } } };

function serverContainer(dumbkv: DumbKV, settings: PodSettings): Record<string, unknown> {
  return {
    name: SERVER_CONTAINER,
    image: settings.image,
    imagePullPolicy: 'IfNotPresent',
    ports: [{ name: SERVER_PORT_NAME, containerPort: SERVER_PORT, protocol: 'TCP' }],
    env: environment(dumbkv, settings),
    resources: containerResources(dumbkv.spec.resources, DEFAULT_RESOURCES),
    startupProbe: { ...probe('/health/startup', 1), failureThreshold: STARTUP_FAILURES_MAX },
    readinessProbe: { ...probe('/health/ready', 2), failureThreshold: 3 },
    livenessProbe: { ...probe('/health/live', 10), failureThreshold: 6 },
    securityContext: CONTAINER_SECURITY,
    ...farewell(dumbkv),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: volumeMounts(dumbkv),
  };
}

function environment(dumbkv: DumbKV, settings: PodSettings): { name: string; value: string }[] {
  const values: Record<string, string> = {
    ...storeSettings(dumbkv).environment,
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

function probe(path: string, periodSeconds: number): Record<string, unknown> {
  return { httpGet: { path, port: SERVER_PORT_NAME }, periodSeconds, timeoutSeconds: 5 };
}

function volumeMounts(dumbkv: DumbKV): Record<string, unknown>[] {
  const mounts: Record<string, unknown>[] = [
    storeSettings(dumbkv).mount,
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
    storeSettings(dumbkv).volume,
    { name: 'sealing', secret: { secretName: sealingSecretName(name), defaultMode: 0o440 } },
  ];
  const tokens = tokenSecretName(dumbkv);
  if (tokens !== undefined) {
    result.push({ name: 'tokens', secret: { secretName: tokens, defaultMode: 0o440 } });
  }
  return result;
}
