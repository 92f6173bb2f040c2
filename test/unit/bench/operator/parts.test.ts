// The small parts of the operator's benchmark: its options, what it reads of processes, the plain
// objects beside an instance, the claims that it binds.
import { describe, expect, it, test } from 'vitest';
import { CLAIM } from '../../../../operator/api/resources.ts';
import { manifestOf, plainCopy } from '../../../bench/operator/plain.ts';
import { memoryIn, readProcessorUse, usedBetween } from '../../../bench/operator/processes.ts';
import { settingsOf } from '../../../bench/operator/settings.ts';
import { ClaimBinder } from '../../../bench/operator/storage.ts';
import { Place } from '../../../support/place.ts';

describe('the options', () => {
  it('have defaults', () => {
    expect(settingsOf([])).toEqual({
      ...{ onKind: false, sizes: [100, 1000], singles: 30, idleSeconds: 60 },
      ...{ cluster: 'dumbkv', isHelp: false },
    });
  });

  it('are read', () => {
    const args = ['--kind', '--sizes=5000', '--singles=5', '--idle-seconds=330', '--cluster=a'];
    expect(settingsOf(args)).toEqual({
      ...{ onKind: true, sizes: [5000], singles: 5, idleSeconds: 330 },
      ...{ cluster: 'a', isHelp: false },
    });
  });

  it.each(['--sizes=', '--sizes=10,0', '--singles=x', '--idle-seconds=1.5', '--other'])(
    'are refused: %s',
    (arg) => expect(() => settingsOf([arg])).toThrow(arg.split('=')[0]),
  );
});

test('memory is read from what the kernel says of a process', () => {
  const status = 'Name:\tnode\nVmPeak:\t  900 kB\nVmHWM:\t  300 kB\nVmRSS:\t  200 kB\n';
  expect(memoryIn(status)).toEqual({ residentBytes: 204_800, peakBytes: 307_200 });
  expect(memoryIn('Name:\tkthreadd\n').residentBytes).toBeNaN();
});

test('processor time is told apart by process, and as a difference', () => {
  const use = readProcessorUse({ nobody: 0 });
  expect(Object.keys(use)).toEqual(['nobody', 'etcd and kube-apiserver', 'benchmark']);
  expect(use.benchmark).toBeGreaterThan(0);
  expect(usedBetween({ a: 1, b: 2 }, { a: 3, b: 2, c: 1 })).toEqual({ a: 2, b: 0, c: 1 });
});

describe('a plain copy', () => {
  const metadata = {
    ...{ name: 'model', uid: 'u', resourceVersion: '7', generation: 2 },
    labels: {
      'app.kubernetes.io/instance': 'model',
      'app.kubernetes.io/managed-by': 'dumbkv-operator',
    },
    annotations: { a: 'b' },
    ownerReferences: [],
  };

  it('has another name, and nothing of the live object or of the operator', () => {
    const spec = { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], type: 'ClusterIP' };
    const live = { apiVersion: 'v1', kind: 'Service', metadata, spec, status: {} };
    expect(plainCopy(live, 'model', 'plain-1')).toEqual({
      ...{ apiVersion: 'v1', kind: 'Service', spec: { type: 'ClusterIP' } },
      metadata: {
        name: 'plain-1',
        labels: {
          'app.kubernetes.io/instance': 'plain-1',
          'app.kubernetes.io/managed-by': 'kubectl',
        },
      },
    });
  });

  it('of a sealing Secret lets the server make a store', () => {
    const data = { 'sealing-key': 'a2V5', 'store-made': 'aWQ=' };
    const live = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
    const copy = plainCopy(live, 'model', 'plain-1');
    expect(copy.data).toEqual({ 'sealing-key': 'a2V5' });
    expect(copy.type).toBe('Opaque');
    expect(JSON.parse(manifestOf([copy]))).toEqual({
      apiVersion: 'v1',
      kind: 'List',
      items: [copy],
    });
  });
});

test('each claim is bound once, to a volume of its own', async () => {
  const patches: string[] = [];
  const call = async (method: string, path: string, body?: unknown) => {
    const { spec, status } = body as { spec?: object; status?: object };
    patches.push(
      `${method} ${path.split('/').slice(6).join('/')} ${JSON.stringify(spec ?? status)}`,
    );
    return { status: 200, body: {} };
  };
  const binder = new ClaimBinder(new Place('bench', call));
  const claim = (name: string, volumeName?: string) => ({
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      ...(volumeName === undefined ? {} : { volumeName }),
    },
  });
  binder.take(claim('a'));
  binder.take(claim('a'));
  binder.take(claim('b', 'elsewhere'));
  binder.take(claim('c'));
  await expect.poll(() => patches).toHaveLength(4);
  expect(patches.toSorted()).toEqual([
    `PATCH a {"volumeName":"bench-0"}`,
    `PATCH a/status {"phase":"Bound","capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]}`,
    `PATCH c {"volumeName":"bench-1"}`,
    `PATCH c/status {"phase":"Bound","capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]}`,
  ]);
  expect(CLAIM.plural).toBe('persistentvolumeclaims');
  expect(binder.failures).toEqual([]);
});

test('a claim that cannot be bound is told of', async () => {
  const refuse = async () => ({ status: 403, body: { message: 'no' } });
  const binder = new ClaimBinder(new Place('bench', refuse));
  binder.take({ metadata: { name: 'a' } });
  await expect.poll(() => binder.failures).toHaveLength(1);
  expect(String(binder.failures[0])).toContain('PersistentVolumeClaim a: 403 no');
});
