// Which manager's fields become ours: of the spec only, those of whoever wrote last, and all other
// entries as they were.
import { describe, expect, it } from 'vitest';
import { withLatestTakenOver } from '../../../../operator/apply/takeover.ts';
import type { FieldTree, ManagedFields } from '../../../../operator/kube/resource.ts';

const entry = (
  manager: string,
  time: string,
  fieldsV1: FieldTree,
  more: Partial<ManagedFields> = {},
): ManagedFields => ({
  ...{ manager, operation: 'Update', apiVersion: 'apps/v1', time: `2026-01-01T00:00:${time}Z` },
  fieldsV1,
  ...more,
});
const ours = entry(
  'dumbkv-operator',
  '30',
  { 'f:metadata': { 'f:labels': {} }, 'f:spec': { 'f:strategy': { 'f:type': {} } } },
  { operation: 'Apply' },
);
const strategy = { 'f:spec': { 'f:strategy': { 'f:rollingUpdate': { 'f:maxSurge': {} } } } };
const sidecar = { 'f:spec': { 'f:template': { 'k:{"name":"sidecar"}': { '.': {} } } } };

describe('the fields of a spec that others manage', () => {
  it('become ours beside our own, and their entry goes when nothing is left of it', () => {
    expect(withLatestTakenOver([ours, entry('kubectl-edit', '40', strategy)])).toEqual([
      {
        ...ours,
        fieldsV1: {
          'f:metadata': { 'f:labels': {} },
          'f:spec': { 'f:strategy': { 'f:type': {}, 'f:rollingUpdate': { 'f:maxSurge': {} } } },
        },
      },
    ]);
  });

  it('are those of the spec alone', () => {
    const labels = { 'f:metadata': { 'f:labels': { 'f:team': {} } } };
    const theirs = entry('kubectl-edit', '40', { ...labels, ...strategy });
    const [, left] = withLatestTakenOver([ours, theirs]) ?? [];
    expect(left).toEqual({ ...theirs, fieldsV1: labels });
  });

  it('are those of whoever wrote last, wherever the entry stands', () => {
    const older = entry('injector', '10', sidecar);
    const newer = entry('kubectl-edit', '40', strategy);
    for (const entries of [
      [ours, older, newer],
      [newer, older, ours],
    ]) {
      expect(withLatestTakenOver(entries)).toContainEqual(older);
      expect(withLatestTakenOver(entries)?.map(({ manager }) => manager)).not.toContain(
        'kubectl-edit',
      );
    }
  });

  it('are those of all in the end, one after the other', () => {
    const first = [ours, entry('injector', '10', sidecar), entry('kubectl-edit', '40', strategy)];
    const second = withLatestTakenOver(first) ?? [];
    const third = withLatestTakenOver(second) ?? [];
    expect(third.map(({ manager }) => manager)).toEqual(['dumbkv-operator']);
    expect(withLatestTakenOver(third)).toBeUndefined();
  });

  it('are also what an older release of the operator wrote by another operation', () => {
    const old = entry('dumbkv-operator', '20', strategy);
    expect(withLatestTakenOver([old, ours])).toHaveLength(1);
  });

  it.each<[string, ManagedFields[]]>([
    ['nobody else has one', [ours]],
    ['others have only metadata', [ours, entry('x', '40', { 'f:metadata': {} })]],
    ['others wrote a subresource', [ours, entry('hpa', '40', strategy, { subresource: 'scale' })]],
    [
      'others wrote another version, whose fields have other names',
      [ours, entry('x', '40', strategy, { apiVersion: 'apps/v1beta1' })],
    ],
    ['we never applied it', [entry('x', '40', strategy)]],
    ['nothing is known', []],
  ])('are not taken when %s', (_case, entries) => {
    expect(withLatestTakenOver(entries)).toBeUndefined();
  });
});
