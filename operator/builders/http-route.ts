// The HTTPRoute of an instance that asks to be reached through a Gateway.
import type { DumbKV } from '../../crds/schema.ts';
import { HTTP_ROUTE } from '../api/resources.ts';
import type { KubeObject } from '../kube/resource.ts';
import { objectOf, ownedMetadata } from './metadata.ts';
import { SERVER_SERVICE_PORT } from './service.ts';

/** The route as asked for, or undefined where the spec asks for none. */
export function httpRoute(dumbkv: DumbKV): KubeObject | undefined {
  const spec = dumbkv.spec.httpRoute;
  if (spec === undefined) return undefined;
  const { name } = dumbkv.metadata;
  const gateway = { group: HTTP_ROUTE.group, kind: 'Gateway' };
  const service = { group: '', kind: 'Service', name, port: SERVER_SERVICE_PORT, weight: 1 };
  return objectOf(HTTP_ROUTE, ownedMetadata(dumbkv, name), {
    spec: {
      parentRefs: spec.parentRefs.map((ref) => ({ ...gateway, ...ref })),
      ...(spec.hostnames === undefined ? {} : { hostnames: spec.hostnames }),
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/' } }],
          backendRefs: [service],
        },
      ],
    },
  });
}
