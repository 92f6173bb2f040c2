// The StatefulSet of an instance's Postgres: one pod at the most, whatever fails, on the claim that
// is the instance's data. reconcile/database.ts applies it before the server that needs it.
import { createHash } from 'node:crypto';
import type { DumbKV } from '../../../crds/schema.ts';
import { STATEFUL_SET } from '../../api/resources.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { containerResources } from '../container-resources.ts';
import { wantedReplicas } from '../deployment.ts';
import { claimName, objectOf, ownedMetadata, postgresName } from '../metadata.ts';
import { type PodWish, pinnedAnnotation, podsOf, restartAnnotation } from '../pinned.ts';
import { placement, podMetadata } from '../placement.ts';
import { CONTAINER_SECURITY, podSecurity } from '../restricted.ts';
import { filesOfStart } from './config-map.ts';
import { releaseImageFor } from './image.ts';
import { postgresLabels, postgresSelector } from './labels.ts';
import { PASSWORD_FIELD, POSTGRES_PORT, POSTGRES_PORT_NAME } from './service.ts';
import { PLACES, ROLE } from './start-script.ts';

export const POSTGRES_CONTAINER = 'postgres';
/** The user of the official images, too. */
const USER_ID = 999;
/** The end makes a checkpoint of all that is in memory. */
const TERMINATION_GRACE_SECONDS = 120;
/** Recovery after a crash goes through the log, and must not be cut short. */
const STARTUP_FAILURES_MAX = 1_800;
const DEFAULT_RESOURCES = {
  requests: { cpu: '100m', memory: '256Mi' },
  limits: { memory: '512Mi' },
};
const CONFIGURATION_ANNOTATION = 'dumbkv.dev/configuration-hash';
const CREDENTIALS_ANNOTATION = 'dumbkv.dev/credentials-uid';

export interface PostgresSettings {
  /** The image where the spec names none. */
  image: string;
  /** The uid of the Secret with the password: another Secret is another password. */
  credentialsUid: string;
}

/** The pod of an instance's Postgres, beside the one that is there. */
export function postgresPods(
  dumbkv: DumbKV,
  settings: PostgresSettings,
  live?: KubeObject,
): PodWish {
  const { image, parameters, resources } = dumbkv.spec.postgres?.managed ?? {};
  const { credentialsUid } = settings;
  return {
    inputs: { image, parameters, resources, credentialsUid, template: dumbkv.spec.template },
    releaseImage: releaseImageFor(live, settings.image),
    files: filesOfStart(dumbkv),
    render: (chosen, restart) => podTemplate(dumbkv, { image: chosen, credentialsUid }, restart),
  };
}

/** The hash of the configuration that the pod of a StatefulSet is made for. */
export function configurationOf(statefulSet: KubeObject | undefined): string | undefined {
  const spec = statefulSet?.spec as
    | { template?: { metadata?: KubeObject['metadata'] } }
    | undefined;
  return spec?.template?.metadata?.annotations?.[CONFIGURATION_ANNOTATION];
}

/** The hash of the configuration as this release makes it. */
export const configurationNow = (dumbkv: DumbKV): string => hashOf(filesOfStart(dumbkv));

/**
 * The StatefulSet, beside the one that is there; it has no pod where the instance is to have none,
 * and keeps the one that it has while pods of the server are left.
 */
export function postgresStatefulSet(
  dumbkv: DumbKV,
  settings: PostgresSettings,
  live?: KubeObject,
  areServersLeft = false,
): KubeObject {
  const { name } = dumbkv.metadata;
  const pods = podsOf(dumbkv, postgresPods(dumbkv, settings, live), live);
  const annotations = pinnedAnnotation(pods);
  const { replicas = 0 } = (live?.spec ?? {}) as { replicas?: number };
  const wanted = Math.max(wantedReplicas(dumbkv), areServersLeft ? replicas : 0);
  return objectOf(
    STATEFUL_SET,
    { ...ownedMetadata(dumbkv, postgresName(name)), annotations },
    {
      spec: {
        replicas: Math.min(1, wanted),
        serviceName: postgresName(name),
        revisionHistoryLimit: 2,
        // in order, a pod that cannot start would keep its own correction away
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: postgresSelector(name) },
        template: pods.template,
      },
    },
  );
}

const podTemplate = (
  dumbkv: DumbKV,
  settings: PostgresSettings,
  restart: string | undefined,
): Record<string, unknown> => ({
  metadata: podMetadata(dumbkv, postgresLabels(dumbkv.metadata.name), {
    'kubectl.kubernetes.io/default-container': POSTGRES_CONTAINER,
    [CONFIGURATION_ANNOTATION]: configurationNow(dumbkv),
    [CREDENTIALS_ANNOTATION]: settings.credentialsUid,
    ...restartAnnotation(restart),
  }),
  spec: podSpec(dumbkv, settings),
});

function podSpec(dumbkv: DumbKV, { image }: PostgresSettings): Record<string, unknown> {
  const { name } = dumbkv.metadata;
  const secret = { secretName: postgresName(name), defaultMode: 0o440 };
  return {
    serviceAccountName: name,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
    securityContext: podSecurity(USER_ID),
    ...placement(dumbkv),
    containers: [container(dumbkv, image)],
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: claimName(name) } },
      { name: 'configuration', configMap: { name: postgresName(name), defaultMode: 0o555 } },
      { name: 'credentials', secret: { ...secret, items: [passwordItem] } },
      { name: 'sockets', emptyDir: {} },
      { name: 'scratch', emptyDir: {} },
    ],
  };
}

const passwordItem = { key: PASSWORD_FIELD, path: PASSWORD_FIELD };

function container(dumbkv: DumbKV, image: string): Record<string, unknown> {
  return {
    name: POSTGRES_CONTAINER,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', `${PLACES.configuration}/start.sh`],
    ports: [{ name: POSTGRES_PORT_NAME, containerPort: POSTGRES_PORT, protocol: 'TCP' }],
    resources: containerResources(dumbkv.spec.postgres?.managed?.resources, DEFAULT_RESOURCES),
    startupProbe: { ...probe(1), failureThreshold: STARTUP_FAILURES_MAX },
    // a database that recovers, or is busy, must not be killed for that: there is no liveness probe
    readinessProbe: { ...probe(5), failureThreshold: 3 },
    securityContext: CONTAINER_SECURITY,
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [
      { name: 'data', mountPath: PLACES.volume },
      { name: 'configuration', mountPath: PLACES.configuration, readOnly: true },
      { name: 'credentials', mountPath: PLACES.credentials, readOnly: true },
      { name: 'sockets', mountPath: PLACES.sockets },
      { name: 'scratch', mountPath: '/tmp' },
    ],
  };
}

/** Whether it takes connections; the image may keep its programs apart from the others. */
const probe = (periodSeconds: number): Record<string, unknown> => ({
  exec: {
    command: [
      'sh',
      '-c',
      `PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1) ` +
        `exec pg_isready --quiet --host=127.0.0.1 --username=${ROLE}`,
    ],
  },
  periodSeconds,
  timeoutSeconds: 5,
});

const hashOf = (files: Record<string, string>): string =>
  createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16);
