// What the operator builds on where it asks whether a DumbKV is still the one that it knows: a
// patch that changes nothing is not written, and is refused where the version is another by now.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLAIM, DUMBKV, SECRET } from '../../../operator/api/resources.ts';
import { isConflict } from '../../../operator/kube/api-errors.ts';
import { operatorClient } from '../../support/operator-run.ts';
import { makePlace } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { bringUp, useOperator } from './operator-suite.ts';

const suite = useOperator({ environment: { WATCH_NAMESPACES: 'nobody-is-here' } });
let connection: ReturnType<typeof operatorClient>;
beforeAll(() => {
  connection = operatorClient(suite.controlPlane());
});
afterAll(() => connection.close());

it('a patch of nothing but uid and version is only compared', async () => {
  // where no operator writes between
  const place = await makePlace(suite.controlPlane());
  const { uid, resourceVersion } = (await place.dumbkv('orders')).metadata;
  const send = (metadata: object) =>
    connection.client.mergePatch(
      DUMBKV,
      place.namespace,
      'orders',
      { metadata },
      undefined,
      'status',
    );
  expect((await send({ uid, resourceVersion })).metadata.resourceVersion).toBe(resourceVersion);
  await place.touch('orders');
  await expect(send({ uid, resourceVersion })).rejects.toSatisfy(isConflict);
  // of the status the version alone is compared, but no two objects ever have the same
  const touched = (await place.get(DUMBKV, 'orders')).metadata;
  await place.remove(DUMBKV, 'orders');
  await place.dumbkv('orders');
  const known = { uid, resourceVersion: touched.resourceVersion };
  await expect(send(known)).rejects.toSatisfy(isConflict);
});

it('data gets its owner when the policy becomes Delete, after one such patch', async () => {
  const place = await suite.place();
  const run = suite.start({ environment: { WATCH_NAMESPACES: place.namespace } });
  await bringUp(place);
  const { client } = run;
  const begin = client.writes(place.namespace).length;
  await place.change(DUMBKV, 'orders', { spec: { deletionPolicy: 'Delete' } });
  await until('both have an owner', async () => {
    const claim = await place.get(CLAIM, 'orders-data');
    const secret = await place.get(SECRET, 'orders-sealing');
    return [claim, secret].every(({ metadata }) => metadata.ownerReferences?.length === 1);
  });
  const writes = client.writes(place.namespace).slice(begin, begin + 3);
  expect(writes.map(({ verb, kind, answered }) => [verb, kind, answered])).toEqual([
    ['patch', 'DumbKV', true],
    ['apply', 'PersistentVolumeClaim', true],
    ['patch', 'Secret', true],
  ]);
});
