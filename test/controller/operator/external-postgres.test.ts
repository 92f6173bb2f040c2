// An instance on a Postgres of somebody else: it has neither a volume nor a database of its own,
// and is made only with a Secret that is for it and holds a URL.
import { describe, expect, it } from 'vitest';
import {
  CLAIM,
  CONFIG_MAP,
  DEPLOYMENT,
  DUMBKV,
  NETWORK_POLICY,
  SECRET,
  SERVICE,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import type { ApiObject } from '../../support/control-plane-client.ts';
import type { Place } from '../../support/place.ts';
import { bringUp, serve, settleIn, useOperator } from './operator-suite.ts';

const suite = useOperator();
const external = { urlSecretRef: { name: 'my-database' } };
const EXTERNAL = { engine: 'postgres', replicas: 2, postgres: { type: 'External', external } };
const OF_POSTGRES = [SECRET, CONFIG_MAP, SERVICE, NETWORK_POLICY, STATEFUL_SET];
const URL = 'postgres://app:s3cret@db.example.com/app';

const settle = (place: Place) => settleIn(place, suite.run());

const decoded = async (place: Place, name: string, field: string): Promise<string> => {
  const { data } = await place.get(SECRET, name);
  return Buffer.from(data[field], 'base64').toString();
};

/** A Secret with a URL, as a user makes it. */
const makeUrl = (place: Place, fields: ApiObject = {}): Promise<ApiObject> =>
  place.make(SECRET, {
    metadata: { name: 'my-database', labels: { 'dumbkv.dev/instance': 'orders' } },
    stringData: { url: URL },
    ...fields,
  });

describe.concurrent("an instance on somebody else's Postgres", () => {
  it('has neither a claim nor a Postgres, and keeps its key', async () => {
    const place = await suite.place();
    await makeUrl(place);
    const { status } = await bringUp(place, EXTERNAL);
    expect(status.conditions.map(({ type }: ApiObject) => type)).toEqual([
      ...['Ready', 'DatabaseReady', 'Reachable'],
    ]);
    expect((await place.conditions('orders')).DatabaseReady?.reason).toBe('DatabaseUnverified');
    expect(await place.find(CLAIM, 'orders-data')).toBeUndefined();
    for (const type of OF_POSTGRES) {
      expect(await place.find(type, 'orders-postgres'), type.kind).toBeUndefined();
    }
    await place.remove(DUMBKV, 'orders');
    await settle(place);
    expect(await place.find(SECRET, 'orders-sealing')).toBeDefined();
    expect(await decoded(place, 'my-database', 'url')).toBe(URL);
    await bringUp(place, EXTERNAL);
  });

  it.each([
    { what: 'is not there', fields: undefined, reason: 'DatabaseSecretMissing' },
    { what: 'is not for it', fields: { metadata: { name: 'my-database' } } },
    { what: 'has no URL', fields: { stringData: { other: URL } } },
    { what: 'has a URL of another kind', fields: { stringData: { url: 'https://example.com' } } },
  ])('is not made where the Secret $what', async ({ fields, reason }) => {
    const place = await suite.place();
    if (fields !== undefined) await makeUrl(place, fields);
    await place.dumbkv('orders', EXTERNAL);
    const expected = reason ?? 'DatabaseSecretInvalid';
    const { message } = await place.untilReason('orders', expected, 'Stalled');
    expect(message).toContain('"my-database"');
    expect(message).not.toContain('example.com');
    expect(await place.find(DEPLOYMENT, 'orders')).toBeUndefined();
    await place.remove(SECRET, 'my-database');
    await makeUrl(place);
    await serve(place);
  });
});
