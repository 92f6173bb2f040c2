// The pod's processor time and memory: the user's word over the defaults, never a request above its
// limit.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLargerQuantity } from '../../../../operator/api/quantity.ts';
import { podOf } from './pod.ts';

const resourcesOf = (resources: object | undefined) => podOf({ resources }).containers[0].resources;

describe('the resources', () => {
  it('have defaults, and no limit on the processor', () => {
    expect(resourcesOf(undefined)).toEqual({
      requests: { cpu: '50m', memory: '128Mi' },
      limits: { memory: '512Mi' },
    });
  });

  it('are those of the spec where it says all', () => {
    const asked = {
      requests: { cpu: '250m', memory: '256Mi' },
      limits: { cpu: '2', memory: '1Gi' },
    };
    expect(resourcesOf(asked)).toEqual(asked);
  });

  it.each([
    [
      'a processor request',
      { requests: { cpu: '1' } },
      { requests: { cpu: '1', memory: '128Mi' } },
    ],
    ['a memory limit', { limits: { memory: '2Gi' } }, { limits: { memory: '2Gi' } }],
    [
      'a processor limit',
      { limits: { cpu: '2' } },
      { requests: { cpu: '50m' }, limits: { cpu: '2', memory: '512Mi' } },
    ],
  ])('keep the other defaults beside %s', (_case, asked, expected) => {
    expect(resourcesOf(asked)).toMatchObject(expected);
  });

  it('lower the default request to a smaller limit', () => {
    expect(resourcesOf({ limits: { cpu: '20m', memory: '64Mi' } })).toEqual({
      requests: { cpu: '20m', memory: '64Mi' },
      limits: { cpu: '20m', memory: '64Mi' },
    });
  });

  it('raise the default limit to a larger request', () => {
    expect(resourcesOf({ requests: { memory: '1Gi' } })).toEqual({
      requests: { cpu: '50m', memory: '1Gi' },
      limits: { memory: '1Gi' },
    });
  });

  it('never request more than their limit, whatever is left out', () => {
    const mebibytes = fc.integer({ min: 64, max: 4096 }).map((amount) => `${amount}Mi`);
    const millicores = fc.integer({ min: 1, max: 4000 }).map((amount) => `${amount}m`);
    const side = fc.record({ cpu: millicores, memory: mebibytes }, { requiredKeys: [] });
    const asked = fc.oneof(fc.record({ requests: side }), fc.record({ limits: side }));
    fc.assert(
      fc.property(asked, (resources) => {
        const { requests, limits } = resourcesOf(resources);
        for (const [name, limit] of Object.entries(limits)) {
          expect(requests).toHaveProperty(name);
          expect(isLargerQuantity(requests[name] ?? '', limit)).toBe(false);
        }
      }),
    );
  });
});
