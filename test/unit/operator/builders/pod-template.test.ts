// The pod: what the operator hands to the server, as docs/design.md promises it, and how it is
// probed. Its security is in pod-security.test.ts.
import { describe, expect, it } from 'vitest';
import { labelsFor } from '../../../../operator/builders/metadata.ts';
import { podTemplate } from '../../../../operator/builders/pod-template.ts';
import { dumbkv, SERVER_IMAGE, STORE } from '../../../support/objects.ts';
import { environmentOf, podOf, settings } from './pod.ts';

describe('the pod', () => {
  it('carries the labels of every child and the id of its store', () => {
    expect(podTemplate(dumbkv(), settings).metadata).toMatchObject({
      labels: { ...labelsFor('orders'), 'dumbkv.dev/store-id': STORE.storeId },
    });
  });

  it('runs as the account of its instance', () => {
    expect(podOf()).toMatchObject({ serviceAccountName: 'orders' });
  });

  it('is given time to end', () => {
    expect(podOf().terminationGracePeriodSeconds).toBe(30);
  });

  it('has one container, with the image that it is told', () => {
    const [server, ...others] = podOf().containers;
    expect(server).toMatchObject({ name: 'server', image: SERVER_IMAGE });
    expect(others).toEqual([]);
  });

  it('listens on a port with a name', () => {
    expect(podOf().containers[0].ports).toEqual([
      { name: 'http', containerPort: 8000, protocol: 'TCP' },
    ]);
  });

  it('leaves its last words where the operator reads them', () => {
    const { terminationMessagePolicy } = podOf().containers[0];
    expect(terminationMessagePolicy).toBe('FallbackToLogsOnError');
  });
});

describe('the environment', () => {
  const expected = {
    DATABASE_TYPE: 'sqlite',
    DATABASE_LOCATION: '/data/dumbkvstore/dumbkv.db',
    HOST: '::',
    PORT: '8000',
    STORE_ID: STORE.storeId,
    SEALING_KEY_FILE: '/etc/dumbkv/sealing/sealing-key',
  };

  it('is what the server expects', () => {
    const tokens = { TOKENS_FILE: '/etc/dumbkv/tokens/token' };
    expect(environmentOf(podOf())).toEqual({ ...expected, ...tokens });
  });

  it('names no file of tokens for an open instance', () => {
    expect(environmentOf(podOf({ auth: { type: 'None' } }))).toEqual(expected);
  });

  it('holds plain values only, none from a Secret', () => {
    for (const entry of podOf().containers[0].env) {
      expect(Object.keys(entry)).toEqual(['name', 'value']);
    }
  });
});

describe('the probes', () => {
  const container = podOf().containers[0];

  it.each([
    ['startupProbe', '/health/startup'],
    ['readinessProbe', '/health/ready'],
    ['livenessProbe', '/health/live'],
  ] as const)('%s asks its own path on the named port', (probe, path) => {
    expect(container[probe].httpGet).toEqual({ path, port: 'http' });
  });

  it.each(['startupProbe', 'readinessProbe', 'livenessProbe'] as const)(
    '%s gives an answer some seconds',
    (probe) => {
      expect(container[probe].timeoutSeconds).toBeGreaterThanOrEqual(2);
    },
  );

  it('let a start wait minutes for the pod before it to let go of the store', () => {
    const { failureThreshold, periodSeconds } = container.startupProbe;
    expect(failureThreshold * periodSeconds).toBeGreaterThanOrEqual(300);
  });

  it('take a pod out of the Service within seconds, but kill it only after a minute', () => {
    const seconds = ({ failureThreshold, periodSeconds }: typeof container.startupProbe) =>
      failureThreshold * periodSeconds;
    expect(seconds(container.readinessProbe)).toBeLessThanOrEqual(10);
    expect(seconds(container.livenessProbe)).toBeGreaterThanOrEqual(60);
  });
});

describe('the volumes', () => {
  it('are the data, the sealing key and the tokens', () => {
    expect(podOf().volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'orders-data' } },
      { name: 'sealing', secret: { secretName: 'orders-sealing', defaultMode: 0o440 } },
      { name: 'tokens', secret: { secretName: 'orders-token', defaultMode: 0o440 } },
    ]);
  });

  it('are mounted where the environment says; only the data can be written', () => {
    expect(podOf().containers[0].volumeMounts).toEqual([
      { name: 'data', mountPath: '/data/dumbkvstore' },
      { name: 'sealing', mountPath: '/etc/dumbkv/sealing', readOnly: true },
      { name: 'tokens', mountPath: '/etc/dumbkv/tokens', readOnly: true },
    ]);
  });

  it("hold the user's tokens where the spec names a Secret", () => {
    const { volumes } = podOf({ auth: { tokenSecretRef: { name: 'mine' } } });
    expect(volumes[2]).toMatchObject({ secret: { secretName: 'mine' } });
  });

  it('hold no tokens for an open instance', () => {
    const pod = podOf({ auth: { type: 'None' } });
    expect(pod.volumes.map(({ name }) => name)).toEqual(['data', 'sealing']);
    expect(pod.containers[0].volumeMounts.map(({ name }) => name)).toEqual(['data', 'sealing']);
  });
});
