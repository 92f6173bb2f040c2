// What the API server in memory makes of the objects that it is sent: it fills in what is its own,
// and refuses what is not legal. Pure; model-api.ts keeps the objects.
import { isDeepStrictEqual } from 'node:util';
import { isLargerQuantity } from '../../../operator/api/quantity.ts';
import { CLAIM, SECRET } from '../../../operator/api/resources.ts';
import { ApiError, type StatusDetails } from '../../../operator/kube/api-errors.ts';
import {
  apiVersion,
  type KubeObject,
  type ObjectMeta,
  type ResourceType,
  resourcePath,
} from '../../../operator/kube/resource.ts';

const PVC_FINALIZER = 'kubernetes.io/pvc-protection';
const MANAGED = [{ manager: 'dumbkv-operator', operation: 'Apply' as const }];
/** The kinds whose status is not a path of its own, or that have none. */
const IN_ONE_PIECE = [SECRET.kind, 'ConfigMap', 'ServiceAccount', 'Event', 'EndpointSlice'];

/** What a server answers when it says no. */
export function refused(
  type: ResourceType,
  name: string,
  [statusCode, reason]: readonly [number, string],
  details: StatusDetails = {},
): ApiError {
  const path = resourcePath(type, 'shop', name);
  return new ApiError({ method: 'WRITE', path }, statusCode, { reason, details });
}

/** A write to an object, or to its status, takes only what is there to be written. */
export function writable(
  { kind }: ResourceType,
  { status, ...rest }: Record<string, unknown>,
  subresource: string | undefined,
): Record<string, unknown> {
  if (IN_ONE_PIECE.includes(kind)) return { ...rest, ...(status === undefined ? {} : { status }) };
  return subresource === 'status' ? { status } : rest;
}

/** An object as it is kept, without its new version. */
export function completed(
  type: ResourceType,
  object: KubeObject,
  before: KubeObject | undefined,
  { uid, isOurs }: { uid: string; isOurs: boolean },
): KubeObject {
  const known = before?.metadata;
  const isNewSpec = before === undefined || !isDeepStrictEqual(before.spec, object.spec);
  const metadata: ObjectMeta = {
    ...object.metadata,
    ...(before === undefined && type === CLAIM ? { finalizers: [PVC_FINALIZER] } : {}),
    ...(isOurs ? { managedFields: MANAGED } : {}),
    uid: known?.uid ?? uid,
    creationTimestamp: known?.creationTimestamp ?? '2029-12-31T00:00:00Z',
    generation: (known?.generation ?? 0) + (isNewSpec ? 1 : 0),
    resourceVersion: known?.resourceVersion ?? '',
  };
  return { ...withData(object), apiVersion: apiVersion(type), kind: type.kind, metadata };
}

/** Throws where a change breaks a rule of its kind: of a claim hardly anything can change. */
export function demandLegal(type: ResourceType, now: KubeObject, before?: KubeObject): void {
  if (before === undefined || type !== CLAIM) return;
  const [to, from] = [claimSpec(now), claimSpec(before)];
  const isSmaller = isLargerQuantity(from.storage, to.storage);
  const isEarly = to.storage !== from.storage && !isBound(before);
  if (isDeepStrictEqual(to.rest, from.rest) && !isSmaller && !isEarly) return;
  const causes = [{ field: 'spec', message: 'spec is immutable after creation' }];
  throw refused(type, now.metadata.name, [422, 'Invalid'], { causes });
}

/** Whether an object carries the one label that a selector names. */
export function isSelectedBy(selector: string | undefined): (object: KubeObject) => boolean {
  const [name = '', value] = selector?.split('=') ?? [];
  return ({ metadata }) => selector === undefined || metadata.labels?.[name] === value;
}

interface ClaimSpec {
  resources: { requests: { storage: string } };
}

function claimSpec({ spec }: KubeObject): { storage: string; rest: object } {
  const { resources, ...rest } = spec as ClaimSpec;
  return { storage: resources.requests.storage, rest };
}

const isBound = ({ status }: KubeObject): boolean =>
  (status as { phase?: string } | undefined)?.phase === 'Bound';

/** The API server keeps a Secret's `stringData` as `data`, in base64. */
function withData({ stringData, ...object }: KubeObject): KubeObject {
  if (stringData === undefined) return object;
  const texts = Object.entries(stringData as Record<string, string>);
  const data = texts.map(([field, text]) => [field, Buffer.from(text).toString('base64')]);
  return { ...object, data: Object.fromEntries(data) };
}
