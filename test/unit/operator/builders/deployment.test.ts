// The Deployment: one pod at a time, found by labels that never change, none while the instance is
// stopped.
import { describe, expect, it } from 'vitest';
import { deployment, wantedReplicas } from '../../../../operator/builders/deployment.ts';
import { ownedMetadata, selectorLabels } from '../../../../operator/builders/metadata.ts';
import { podTemplate } from '../../../../operator/builders/pod-template.ts';
import { dumbkv, SERVER_IMAGE, STORE } from '../../../support/objects.ts';

const settings = { image: SERVER_IMAGE, storeId: STORE.storeId };

describe('the wanted number of pods', () => {
  it.each([
    [1, { replicas: 1 }],
    [0, { replicas: 0 }],
    [0, { replicas: 1, suspended: true }],
    [0, { replicas: 0, suspended: true }],
  ])('is %i for %o', (count, spec) => {
    expect(wantedReplicas(dumbkv({ spec }))).toBe(count);
  });
});

describe('the Deployment', () => {
  const object = deployment(dumbkv(), settings);
  const spec = object.spec as Record<string, unknown>;

  it('goes with its DumbKV and has its name', () => {
    expect(object).toMatchObject({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: ownedMetadata(dumbkv(), 'orders'),
    });
  });

  it('ends the old pod before it starts the new one', () => {
    expect(spec.strategy).toEqual({ type: 'Recreate' });
  });

  it('selects by the immutable labels only, which its pods carry', () => {
    expect(spec.selector).toEqual({ matchLabels: selectorLabels('orders') });
    expect(spec.template).toMatchObject({ metadata: { labels: selectorLabels('orders') } });
  });

  it('keeps the pod template whole', () => {
    expect(spec.template).toEqual(podTemplate(dumbkv(), settings));
  });

  it('asks for the wanted number of pods', () => {
    expect(spec.replicas).toBe(1);
    const suspended = deployment(dumbkv({ spec: { suspended: true } }), settings);
    expect(suspended.spec).toMatchObject({ replicas: 0 });
  });

  it('has the same template while it is suspended, so that resuming replaces nothing', () => {
    const suspended = deployment(dumbkv({ spec: { suspended: true } }), settings);
    expect(suspended.spec).toMatchObject({ template: spec.template });
  });
});
