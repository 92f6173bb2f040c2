// What others add can be invalid beside what is desired, so that the API server refuses to have the
// child put back: then it is put back all the same, with the operator as its one manager, and those
// who did no harm keep their fields.
import { describe, expect, it } from 'vitest';
import {
  DEPLOYMENT,
  DISRUPTION_BUDGET,
  DUMBKV,
  SERVICE,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import type { ResourceType } from '../../../operator/kube/resource.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, serve, useOperator } from './operator-suite.ts';

const suite = useOperator();

const http = { targetPort: 'http', protocol: 'TCP' };
const MANAGED = { engine: 'postgres', replicas: 2 };
interface Mixture {
  what: string;
  type: ResourceType;
  spec: ApiObject;
  /** What the DumbKV asks, and the name of the child, where they are not the usual ones. */
  asks?: ApiObject;
  name?: string;
}
const MIXTURES: Mixture[] = [
  {
    what: 'a rolling update',
    type: DEPLOYMENT,
    spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
  },
  {
    what: 'the sources of a load balancer',
    type: SERVICE,
    spec: { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/8'] },
  },
  {
    what: 'another host',
    type: SERVICE,
    spec: {
      ...{ type: 'ExternalName', externalName: 'elsewhere.example' },
      ...{ clusterIP: null, clusterIPs: null, ipFamilies: null, ipFamilyPolicy: null },
    },
  },
  {
    what: 'another port under the name of ours',
    type: SERVICE,
    spec: {
      ports: [
        { ...http, port: 80, name: 'web' },
        { ...http, port: 8000, name: 'http-alt' },
        { ...http, port: 81, name: 'http' },
      ],
    },
  },
  {
    what: 'the other bound of a budget',
    type: DISRUPTION_BUDGET,
    asks: MANAGED,
    spec: { minAvailable: 1, maxUnavailable: null },
  },
  {
    what: 'a second source of a volume',
    type: STATEFUL_SET,
    asks: MANAGED,
    name: 'orders-postgres',
    spec: {
      template: {
        spec: {
          volumes: [
            { name: 'data', emptyDir: {} },
            ...['configuration', 'credentials', 'sockets', 'scratch'].map((name) => ({
              ...{ name, hostPath: { path: '/tmp' } },
            })),
          ],
        },
      },
    },
  },
  {
    what: 'a second source of a volume',
    type: DEPLOYMENT,
    spec: {
      template: {
        spec: {
          volumes: [
            { name: 'data', emptyDir: {} },
            ...['sealing', 'tokens'].map((name) => ({ name, configMap: { name } })),
          ],
        },
      },
    },
  },
];

/** What managers have to do with the spec of an object. */
const managersOf = ({ metadata }: ApiObject): string[] =>
  metadata.managedFields
    .filter(({ subresource }: ApiObject) => subresource !== 'status')
    .map(({ manager, operation }: ApiObject) => `${manager} ${operation}`)
    .sort();

/** The type of a Service and the strategy of a Deployment, and so on: all but addresses. */
function specOf({ spec }: ApiObject): ApiObject {
  const { clusterIP: _, clusterIPs: __, externalName: ___, ...rest } = spec;
  return rest;
}

async function untilAsBefore(place: Place, type: ResourceType, before: ApiObject): Promise<void> {
  await until(`${type.kind} is as it was`, async () => {
    expect(specOf(await place.get(type, before.metadata.name))).toEqual(specOf(before));
    return true;
  });
}

/** An edit as `kubectl edit` sends it, in a later second than what was written before. */
async function editLater(place: Place, type: ResourceType, spec: ApiObject): Promise<void> {
  const { managedFields } = (await place.get(type, 'orders')).metadata;
  const times = managedFields.map(({ time }: { time: string }) => Date.parse(time));
  await until('a second has passed', () => Date.now() >= Math.max(...times) + 1000);
  await place.change(type, 'orders', { spec });
}

describe.concurrent('a child that is invalid beside what somebody added', () => {
  it.each(MIXTURES)('is put back: $type.kind with $what', async (mixture) => {
    const { type, spec, asks = {}, name = 'orders' } = mixture;
    const place = await suite.place();
    await bringUp(place, asks);
    const before = await place.get(type, name);
    expect(specOf(await place.change(type, name, { spec }))).not.toEqual(specOf(before));
    await untilAsBefore(place, type, before);
    const after = await place.get(type, name);
    expect(managersOf(after).filter((one) => one.startsWith('dumbkv'))).toEqual([
      'dumbkv-operator Apply',
    ]);
    await serve(place);
  });

  it('loses no fields of those who did no harm', async () => {
    const place = await suite.place();
    await bringUp(place);
    const sidecar = { name: 'sidecar', image: 'example.com/sidecar' };
    const template = { spec: { containers: [sidecar], nodeSelector: { zone: 'a' } } };
    await place.apply(DEPLOYMENT, 'orders', { spec: { template } });
    await serve(place);
    const before = await place.get(DEPLOYMENT, 'orders');
    expect(before.spec.template.spec.nodeSelector).toEqual({ zone: 'a' });
    await editLater(place, DEPLOYMENT, { strategy: { type: 'RollingUpdate' } });
    await untilAsBefore(place, DEPLOYMENT, before);
    const after = await place.get(DEPLOYMENT, 'orders');
    expect(managersOf(after)).toEqual(managersOf(before));
  });

  it('obeys later changes of what is asked, to the last field that goes', async () => {
    const place = await suite.place();
    const resources = { limits: { cpu: '2' } };
    await bringUp(place, { resources });
    const before = await place.get(DEPLOYMENT, 'orders');
    await place.change(DEPLOYMENT, 'orders', { spec: { strategy: { type: 'RollingUpdate' } } });
    await untilAsBefore(place, DEPLOYMENT, before);
    await place.change(DUMBKV, 'orders', { spec: { resources: null } });
    await until('the limit is gone', async () => {
      const [container] = (await place.get(DEPLOYMENT, 'orders')).spec.template.spec.containers;
      expect(container.resources.limits).not.toHaveProperty('cpu');
      return true;
    });
  });
});
