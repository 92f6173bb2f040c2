// The API server is away for a while: the operator asks for it patiently, and when it is back all
// that was asked is done soon, without a storm. That instances serve meanwhile is for
// the end-to-end tests.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV } from '../../../operator/api/resources.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { type MisbehavingProxy, startMisbehavingProxy } from '../../support/misbehaving-proxy.ts';
import { OperatorProcess } from '../../support/operator-process.ts';
import { SERVER_IMAGE } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { figureOf, print } from './form.ts';

const INSTANCES = 20;
const AWAY_MS = figureOf(20_000, 300_000);
const BACK_LIMIT_MS = 60_000;
/**
 * Each kind is watched, and the Lease is looked at, at first soon and then less and less often: a
 * storm would be hundreds each second.
 */
const REQUESTS_A_SECOND_MAX = figureOf(25, 8);
/** A list and a watch for each kind, and a few calls for each instance. */
const RETURN_REQUESTS_MAX = 100 + 20 * INSTANCES;

const controlPlane = useControlPlane();
let operator: OperatorProcess | undefined;
let proxy: MisbehavingProxy | undefined;
afterEach(async () => {
  await operator?.end('SIGKILL');
  await proxy?.stop();
});

async function start(home: Place): Promise<MisbehavingProxy> {
  const counting = await startMisbehavingProxy(controlPlane());
  const KUBECONFIG = join(dirname(controlPlane().kubeconfigPath), 'counted.kubeconfig');
  writeFileSync(KUBECONFIG, counting.kubeconfig);
  operator = await OperatorProcess.start({
    KUBECONFIG,
    SERVER_IMAGE,
    POD_NAMESPACE: home.namespace,
  });
  await operator.ready();
  return counting;
}

const names = Array.from({ length: INSTANCES }, (_, index) => `kv-${index}`);

/** Waits until every instance is as asked, with this image. */
async function untilAll(place: Place, image: string, limitMs: number): Promise<void> {
  await until(
    `all have ${image}`,
    async () => {
      const found = await place.list(DEPLOYMENT);
      const images = found.map(({ spec }) => spec.template.spec.containers[0].image);
      return images.filter((one) => one === image).length === INSTANCES;
    },
    limitMs,
  );
}

it('is waited for, and all is done soon after it is back', async () => {
  const home = await makePlace(controlPlane(), 'home');
  proxy = await start(home);
  const place = await makePlace(controlPlane());
  for (const name of names) await place.dumbkv(name);
  await untilAll(place, SERVER_IMAGE, BACK_LIMIT_MS);
  await controlPlane().stopApiServer();
  const before = proxy.requests.length;
  await sleep(AWAY_MS);
  const whileAway = proxy.requests.length - before;
  await controlPlane().startApiServer();
  const [back, backMs] = [proxy.requests.length, performance.now()];
  const image = `${SERVER_IMAGE}.2`;
  await Promise.all(names.map((name) => place.change(DUMBKV, name, { spec: { image } })));
  await untilAll(place, image, 2 * BACK_LIMIT_MS);
  const seconds = (performance.now() - backMs) / 1000;
  const onReturn = proxy.requests.length - back;
  print(
    `API server away for ${AWAY_MS / 1000} s: ${whileAway} requests meanwhile; ${INSTANCES} ` +
      `instances as asked ${seconds.toFixed(1)} s after its return, with ${onReturn} requests`,
  );
  expect(whileAway).toBeLessThan((REQUESTS_A_SECOND_MAX * AWAY_MS) / 1000);
  expect(onReturn).toBeLessThan(RETURN_REQUESTS_MAX);
  expect(operator?.errors).toBe('');
});
