// The Cluster by which CloudNativePG runs the Postgres of an instance. It holds the data, so it
// outlives its DumbKV under `deletionPolicy: Retain`, as a claim does.
// reconcile/data-set.ts applies it.
import type { DumbKV } from '../../../crds/schema.ts';
import { isLargerQuantity } from '../../api/quantity.ts';
import { POSTGRES_CLUSTER } from '../../api/resources.ts';
import type { KubeObject } from '../../kube/resource.ts';
import { dataSetMetadata, objectOf, postgresName, type StoreIdentity } from '../metadata.ts';
import { placement } from '../placement.ts';
import { logMegabytes, SHARED_PARAMETERS } from './config-map.ts';
import { ROLE } from './start-script.ts';

const HIBERNATION_ANNOTATION = 'cnpg.io/hibernation';
const INSTANCES = 3;
const RESOURCES = {
  requests: { cpu: '100m', memory: '256Mi' },
  limits: { memory: '1Gi' },
};

type ClusterSpec = NonNullable<NonNullable<DumbKV['spec']['postgres']>['cloudNativePG']>;

const specOf = ({ spec }: DumbKV): Partial<ClusterSpec> => spec.postgres?.cloudNativePG ?? {};

/** How many instances there are to be, the primary among them. */
export const clusterInstances = (dumbkv: DumbKV): number => specOf(dumbkv).instances ?? INSTANCES;

/** On how many replicas a write is before it is acknowledged. */
export const synchronousReplicas = (dumbkv: DumbKV): number =>
  specOf(dumbkv).synchronousReplicas ?? Math.min(1, clusterInstances(dumbkv) - 1);

/**
 * The Cluster as asked for, beside the one that is there. `isAtRest`: no server needs it now, so it
 * keeps its volumes and has no pods.
 */
export function postgresCluster(
  dumbkv: DumbKV,
  store: StoreIdentity,
  { live, isAtRest }: { live: KubeObject | undefined; isAtRest: boolean },
): KubeObject {
  const image = specOf(dumbkv).image ?? presentOf(live).imageName;
  const { labels, annotations } = dumbkv.spec.template ?? {};
  const metadata = dataSetMetadata(dumbkv, postgresName(dumbkv.metadata.name), store);
  const hibernation = { [HIBERNATION_ANNOTATION]: isAtRest ? 'on' : 'off' };
  return objectOf(
    POSTGRES_CLUSTER,
    { ...metadata, annotations: { ...metadata.annotations, ...hibernation } },
    {
      spec: {
        instances: clusterInstances(dumbkv),
        // taken away, it would become that of today's settings, and raise the files for good
        ...(image === undefined ? {} : { imageName: image }),
        bootstrap: { initdb: { database: ROLE, owner: ROLE } },
        storage: storage(dumbkv, live),
        postgresql: postgresql(dumbkv),
        resources: RESOURCES,
        ...pods(dumbkv),
        ...(labels || annotations ? { inheritedMetadata: { labels, annotations } } : {}),
      },
    },
  );
}

interface Present {
  imageName?: string;
  storage?: { size?: string };
}

/** What there is of the Cluster. */
const presentOf = (live: KubeObject | undefined): Present => (live?.spec as Present) ?? {};

/** A volume never shrinks, whoever made it larger. */
function storage({ spec }: DumbKV, live: KubeObject | undefined): Record<string, unknown> {
  const { size, className, accessMode } = spec.storage;
  const present = presentOf(live).storage?.size;
  const isSmaller = present !== undefined && isLargerQuantity(present, size);
  return {
    size: isSmaller ? present : size,
    ...(className === undefined ? {} : { storageClass: className }),
    ...(accessMode === 'ReadWriteOnce' ? {} : { pvcTemplate: { accessModes: [accessMode] } }),
  };
}

/**
 * A commit is on `number` replicas before it is acknowledged, whatever becomes of them, and none is
 * promoted that may lack it.
 */
function postgresql(dumbkv: DumbKV): Record<string, unknown> {
  const number = synchronousReplicas(dumbkv);
  const safety = { method: 'any', number, dataDurability: 'required', failoverQuorum: true };
  return {
    parameters: {
      ...SHARED_PARAMETERS,
      ...logBounds(dumbkv),
      ...specOf(dumbkv).parameters,
    },
    ...(number === 0 ? {} : { synchronous: safety }),
  };
}

/**
 * What CloudNativePG keeps by itself would fill a small volume, and so would a replica that stays
 * away: the log that it still needs would be kept for ever.
 */
function logBounds(dumbkv: DumbKV): Record<string, string> {
  const megabytes = logMegabytes(dumbkv.spec.storage.size);
  const half = `${Math.floor(megabytes / 2)}MB`;
  // CloudNativePG wants it below max_wal_size, whose it may be
  const isAsked = specOf(dumbkv).parameters?.max_wal_size !== undefined;
  return {
    max_wal_size: `${megabytes}MB`,
    ...(isAsked ? {} : { min_wal_size: half }),
    wal_keep_size: half,
    max_slot_wal_keep_size: `${megabytes * 2}MB`,
  };
}

function pods(dumbkv: DumbKV): Record<string, unknown> {
  const { affinity, nodeSelector, tolerations, ...rest } = placement(dumbkv);
  const where = {
    ...(affinity as object | undefined),
    ...(nodeSelector ? { nodeSelector } : {}),
    ...(tolerations ? { tolerations } : {}),
  };
  return { ...(Object.keys(where).length === 0 ? {} : { affinity: where }), ...rest };
}
