// The HorizontalPodAutoscaler: it scales the DumbKV by the processor time of the server alone, goes
// down slowly, and is not there while there are no pods.
import { describe, expect, it } from 'vitest';
import { autoscaler } from '../../../../operator/builders/autoscaler.ts';
import { selectorLabels } from '../../../../operator/builders/metadata.ts';
import { SERVER_CONTAINER } from '../../../../operator/builders/pod-template.ts';
import { postgresLabels } from '../../../../operator/builders/postgres/labels.ts';
import { statusOf } from '../../../../operator/status/compute.ts';
import { dumbkv } from '../../../support/objects.ts';
import { facts } from '../status/facts.ts';

const autoscaling = { minReplicas: 2, maxReplicas: 6, targetCPUUtilizationPercentage: 70 };
const scaled = (spec: object = {}) =>
  dumbkv({ spec: { engine: 'postgres', autoscaling, ...spec } });

describe('the autoscaler', () => {
  it('scales the DumbKV, between the bounds, by the processor time of the server', () => {
    expect(autoscaler(scaled())?.spec).toMatchObject({
      scaleTargetRef: { apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV', name: 'orders' },
      ...{ minReplicas: 2, maxReplicas: 6 },
      metrics: [
        {
          type: 'ContainerResource',
          containerResource: {
            ...{ name: 'cpu', container: SERVER_CONTAINER },
            target: { type: 'Utilization', averageUtilization: 70 },
          },
        },
      ],
    });
  });

  it('takes one pod away a minute, after five minutes of quiet', () => {
    expect(autoscaler(scaled())?.spec).toHaveProperty('behavior', {
      scaleDown: {
        ...{ stabilizationWindowSeconds: 300, selectPolicy: 'Max' },
        policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
      },
    });
  });

  it.each([
    ['nobody asks for it', dumbkv({ spec: { engine: 'postgres' } })],
    ['the instance is suspended', scaled({ suspended: true })],
    ['it has no replicas', scaled({ replicas: 0 })],
  ])('is not there where %s', (_sentence, without) => {
    expect(autoscaler(without)).toBeUndefined();
  });
});

describe('what it selects pods by', () => {
  it('finds the pods of the server, and not that of Postgres', () => {
    const { selector } = statusOf(facts({ dumbkv: scaled() }));
    const labels = Object.fromEntries((selector ?? '').split(',').map((pair) => pair.split('=')));
    expect(labels).toEqual(selectorLabels('orders'));
    expect(postgresLabels('orders')).not.toMatchObject(labels);
  });
});
