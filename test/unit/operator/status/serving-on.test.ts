// An instance whose pods come and go: it serves while one of the template that is asked is well,
// and tells what becomes of the others.
import { describe, expect, it } from 'vitest';
import { type ServingInput, servingOf } from '../../../../operator/status/serving.ts';
import {
  dumbkv,
  podWithContainer,
  readyDeployment,
  readyPod,
  servingChildren,
} from '../../../support/objects.ts';

const judge = (children: Partial<ServingInput['children']>) =>
  servingOf({
    dumbkv: dumbkv({ spec: { replicas: 3 } }),
    isStorageClassMissing: false,
    children: servingChildren(children),
  });
const GENERATION = 'dumbkv.dev/template-generation';
const newTemplate = { generation: 2, annotations: { [GENERATION]: '2' } };
const pull = podWithContainer({ state: { running: null, waiting: { reason: 'ErrImagePull' } } });
const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];

describe('an instance serves on', () => {
  const counts = { replicas: 2, updatedReplicas: 2, readyReplicas: 2 };
  const scaled = (status: object, metadata: object = {}) =>
    readyDeployment({ metadata, status: { ...counts, ...status } });
  const taken = readyPod({ metadata: { name: 'orders-5d9c-2' }, status: { phase: 'Failed' } });
  const unschedulable = readyPod({
    metadata: { name: 'orders-5d9c-3' },
    status: {
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
      containerStatuses: null,
    },
  });

  it.each<[string, string, Partial<ServingInput['children']>]>([
    [
      'while a change of the number of pods is news to the cluster',
      '2 of 3 pods are ready',
      { deployment: scaled({}, { generation: 2 }) },
    ],
    [
      'while others start',
      '2 of 3 pods are ready',
      { deployment: scaled({ replicas: 3, updatedReplicas: 3 }) },
    ],
    [
      'while too many are there',
      '4 of 3 pods are ready',
      { deployment: scaled({ replicas: 4, updatedReplicas: 4, readyReplicas: 4 }) },
    ],
    [
      'while no node takes another',
      'No node can take the pod',
      {
        deployment: scaled({ replicas: 3, updatedReplicas: 3 }),
        pods: [unschedulable, readyPod()],
      },
    ],
    [
      'while another is late',
      'did not become ready in time',
      { deployment: scaled({ replicas: 3, updatedReplicas: 3, conditions }) },
    ],
    [
      'while the template is older than the newest change',
      '2 of 3 pods are ready',
      { deployment: scaled({ observedGeneration: 2 }, { ...newTemplate, generation: 3 }) },
    ],
  ])('%s', (_case, part, children) => {
    const serving = judge(children);
    expect(serving).toMatchObject({ serves: true, endpoints: '10.0.0.7/uid-pod' });
    expect(serving.serves && serving.unfinished?.message).toContain(part);
  });

  it.each<[string, Partial<ServingInput['children']>]>([
    ['its pods are of another template in part', { deployment: scaled({ updatedReplicas: 1 }) }],
    ['none of its pods is ready', { deployment: scaled({ readyReplicas: 0 }) }],
    ['the only one that is left goes', { deployment: scaled({}), pods: [taken] }],
    ['the only one that is left has crashed', { deployment: scaled({}), pods: [pull] }],
    [
      'the pods that are ready are of a template of before',
      { deployment: scaled({}, newTemplate) },
    ],
  ])('but not where %s', (_case, children) => {
    expect(judge(children).serves).toBe(false);
  });

  it('and no number that cannot be read keeps it from that for ever', () => {
    const odd = (since: string) =>
      scaled({}, { generation: 1, annotations: { [GENERATION]: since } });
    for (const since of ['7', 'x', '']) {
      expect(judge({ deployment: odd(since) }).serves).toBe(true);
    }
  });
});
