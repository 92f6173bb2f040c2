// An upgrade of the operator across two builds: the second one is made of the same sources, with
// another pod template, and has other images. Pods that are pinned live on, with nothing written to
// what they are made from.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  CONFIG_MAP,
  DEPLOYMENT,
  DUMBKV,
  POD,
  STATEFUL_SET,
} from '../../../operator/api/resources.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { OperatorProcess } from '../../support/operator-process.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { serve } from './operator-suite.ts';

const ROOT = new URL('../../../', import.meta.url).pathname;
const [OLD, NEW] = ['images.example/dumbkv-server:1', 'images.example/dumbkv-server:2'];
const controlPlane = useControlPlane();
const nextBuild = mkdtempSync(join(tmpdir(), 'dumbkv-build-'));
let place: Place;
let first: OperatorProcess;
let second: OperatorProcess;

/** Replaces a text of a source of the next build, which must be there. */
function edit(path: string, text: string, replacement: string): void {
  const file = join(nextBuild, path);
  const source = readFileSync(file, 'utf8');
  expect(source, path).toContain(text);
  writeFileSync(file, source.replace(text, replacement));
}

function makeNextBuild(): void {
  for (const part of ['operator', 'crds', 'server/sealing', 'package.json']) {
    cpSync(join(ROOT, part), join(nextBuild, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(nextBuild, 'node_modules'));
  const template = 'operator/builders/pod-template.ts';
  edit(template, "HOST: '::',", "HOST: '::', ADDED: 'by the next release',");
  edit(template, "probe('/health/live', 10)", "probe('/health/live', 7)");
  edit('operator/builders/postgres/start-script.ts', 'umask 077', 'umask 077 # another script');
}

const start = (image: string, mainPath?: string) =>
  OperatorProcess.start(
    {
      ...{ KUBECONFIG: controlPlane().kubeconfigPath, POD_NAMESPACE: place.namespace },
      ...{ SERVER_IMAGE: image, POSTGRES_IMAGE: image.replace('server', 'postgres') },
    },
    mainPath,
  );

/** What tells whether the pods of an instance were replaced, or would be. */
async function podsOf(name: string) {
  const { metadata, spec } = await place.get(DEPLOYMENT, name);
  const { uid, generation } = metadata;
  const isOwn = (pod: { metadata: { labels: Record<string, string> } }) =>
    pod.metadata.labels['dumbkv.dev/instance'] === name;
  const pods = (await place.list(POD)).filter((pod) => isOwn(pod as never));
  return { uid, generation, template: spec.template, pods: pods.map((pod) => pod.metadata.uid) };
}

async function postgresOf(name: string) {
  const { metadata, spec } = await place.get(STATEFUL_SET, `${name}-postgres`);
  const { uid, generation } = metadata;
  const files = (await place.get(CONFIG_MAP, `${name}-postgres`)).data;
  return { uid, generation, template: spec.template, files };
}

const imageIn = ({ template }: { template: { spec: { containers: { image: string }[] } } }) =>
  template.spec.containers[0]?.image;

beforeAll(async () => {
  makeNextBuild();
  place = await makePlace(controlPlane());
  first = await start(OLD);
});
afterAll(async () => {
  await Promise.all([first, second].map((one) => one?.end('SIGKILL')));
  rmSync(nextBuild, { recursive: true });
});

describe('an upgrade of the operator', () => {
  it('restarts nothing that is pinned, and tells what a restart would bring', async () => {
    await place.dumbkv('orders');
    await place.dumbkv('stock', { updatePolicy: 'Automatic' });
    await serve(place, 'orders');
    await serve(place, 'stock');
    await place.dumbkv('ledger', { engine: 'postgres' });
    await until('it has a Postgres', () => place.find(STATEFUL_SET, 'ledger-postgres'));
    await place.untilReason('ledger', 'DatabaseNotReady');
    const before = { orders: await podsOf('orders'), ledger: await postgresOf('ledger') };
    expect(before.orders.pods).toHaveLength(1);
    expect(await first.end()).toBe(0);

    second = await start(NEW, join(nextBuild, 'operator/main.ts'));
    const told = await place.untilReason('orders', 'ReleaseDiffers', 'UpdateAvailable');
    expect(told.message).toContain(`the server the image ${NEW} instead of ${OLD}`);
    await place.untilReason('ledger', 'ReleaseDiffers', 'UpdateAvailable');
    await until('the one that follows has the new image', async () => {
      return imageIn(await podsOf('stock')) === NEW;
    });
    expect(await podsOf('orders')).toEqual(before.orders);
    expect(await postgresOf('ledger')).toEqual(before.ledger);
    const { status } = await place.get(DUMBKV, 'orders');
    expect(status.image).toBe(OLD);
    expect(second.errors).toBe('');
  });

  it("carries out the user's change with the image that is pinned", async () => {
    const { generation } = await podsOf('orders');
    await place.change(DUMBKV, 'orders', { spec: { ingress: { host: 'orders.example.com' } } });
    await place.untilReason('orders', 'AddressPending', 'Exposed');
    expect((await podsOf('orders')).generation).toBe(generation);
    await place.change(DUMBKV, 'orders', { spec: { resources: { limits: { memory: '1Gi' } } } });
    const changed = await until('the pods are to have it', async () => {
      const found = await podsOf('orders');
      return JSON.stringify(found.template).includes('1Gi') && found;
    });
    expect(imageIn(changed)).toBe(OLD);
    expect(JSON.stringify(changed.template)).toContain('by the next release');
  });

  it('is taken with a restart', async () => {
    const annotations = { 'dumbkv.dev/restart': 'now' };
    for (const name of ['orders', 'ledger']) {
      await place.change(DUMBKV, name, { metadata: { annotations } });
      await until(`${name} has no update left`, async () => {
        return (await place.conditions(name)).UpdateAvailable === undefined;
      });
    }
    expect(imageIn(await podsOf('orders'))).toBe(NEW);
    const { template, files } = await postgresOf('ledger');
    expect(imageIn({ template })).toBe(NEW.replace('server', 'postgres'));
    expect(files['start.sh']).toContain('another script');
  });
});
