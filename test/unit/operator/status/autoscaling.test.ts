// The condition of an instance that is scaled by its load, for each thing that its autoscaler says.
import { describe, expect, it } from 'vitest';
import { autoscaling } from '../../../../operator/status/autoscaling.ts';
import { dumbkv } from '../../../support/objects.ts';

const asked = { minReplicas: 2, maxReplicas: 6, targetCPUUtilizationPercentage: 70 };
const scaled = (spec: object = {}) =>
  dumbkv({ spec: { engine: 'postgres', autoscaling: asked, ...spec } });
const saying = (active?: object) => ({
  metadata: { name: 'orders', namespace: 'shop' },
  status: { conditions: [{ type: 'AbleToScale', status: 'True' }, ...(active ? [active] : [])] },
});
const active = (status: string, rest: object = {}) =>
  saying({ type: 'ScalingActive', status, ...rest });

describe('the condition', () => {
  it('is not there where nobody asks for it', () => {
    expect(autoscaling(dumbkv(), undefined)).toEqual([]);
  });

  it.each([
    ['nobody has looked at it', undefined],
    ['its controller has not said', saying()],
    ['its controller does not know', active('Unknown')],
  ])('is pending while %s', (_sentence, live) => {
    expect(autoscaling(scaled(), live)).toMatchObject([
      { type: 'Autoscaling', status: 'Unknown', reason: 'ScalingPending' },
    ]);
  });

  it('holds, with the bounds, when the load counts', () => {
    expect(autoscaling(scaled(), active('True'))).toMatchObject([
      { status: 'True', reason: 'ScalingActive', message: expect.stringContaining('from 2 to 6') },
    ]);
  });

  it.each([
    [{ reason: 'FailedGetResourceMetric', message: 'no metrics' }, 'the load: no metrics.'],
    [{ reason: 'FailedGetResourceMetric' }, 'the load: FailedGetResourceMetric.'],
  ])('says why the load cannot be told: %o', (said, message) => {
    expect(autoscaling(scaled(), active('False', said))).toMatchObject([
      { status: 'False', reason: 'MetricsMissing', message: expect.stringContaining(message) },
    ]);
  });

  it.each([{ suspended: true }, { replicas: 0 }])('says that nothing scales with %o', (spec) => {
    expect(autoscaling(scaled(spec), active('True'))).toMatchObject([
      { status: 'False', reason: 'ScalingStopped' },
    ]);
  });
});
