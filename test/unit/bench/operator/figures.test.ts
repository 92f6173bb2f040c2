// What the operator's benchmark makes of requests, metrics and sightings, on ones that are known.
import { expect, test } from 'vitest';
import {
  callShares,
  metricIn,
  ownShareOf,
  spreadOf,
  writesAmong,
} from '../../../bench/operator/figures.ts';
import type { AuditedRequest } from '../../../support/audit-log.ts';

const request = (verb: string, resource: string, code = 200): AuditedRequest => ({
  ...{ userName: 'operator', verb, resource, code },
  ...{ namespace: 'bench', name: 'a', uri: '/' },
});

const REQUESTS = [
  request('list', 'dumbkv.dev/dumbkvs'),
  request('watch', 'dumbkv.dev/dumbkvs'),
  request('get', 'secrets', 404),
  request('get', 'secrets', 404),
  request('create', 'secrets', 201),
  request('create', 'secrets', 201),
  request('create', 'secrets', 409),
  request('patch', 'dumbkv.dev/dumbkvs/status'),
  request('patch', 'coordination.k8s.io/leases'),
  request('get', 'coordination.k8s.io/leases'),
];

test('a write is what changes something, but for the Lease', () => {
  const written = writesAmong(REQUESTS).map(({ verb, resource }) => `${verb} ${resource}`);
  expect(written).toEqual([
    ...Array.from({ length: 3 }, () => 'create secrets'),
    'patch dumbkv.dev/dumbkvs/status',
  ]);
});

test('requests are shared out among instances, refusals apart, without lists and the Lease', () => {
  expect(callShares(REQUESTS, 2)).toEqual([
    { call: 'get secrets (404)', perInstance: 1 },
    { call: 'create secrets', perInstance: 1 },
    { call: 'create secrets (409)', perInstance: 0.5 },
    { call: 'patch dumbkv.dev/dumbkvs/status', perInstance: 0.5 },
  ]);
});

test('a metric is the sum over its labels, and no other that begins like it', () => {
  const page = [
    '# HELP reconcile_total Reconciles',
    '# TYPE reconcile_total counter',
    'reconcile_total{result="success"} 12',
    'reconcile_total{result="error"} 3',
    'reconcile_total_seconds 99',
    'depth 1.5e+1',
    '',
  ].join('\n');
  expect(metricIn(page, 'reconcile_total')).toBe(15);
  expect(metricIn(page, 'depth')).toBe(15);
  expect(metricIn(page, 'reconcile')).toBe(0);
});

test('the own share leaves out the time from the Deployment to the endpoint', () => {
  const share = ownShareOf({ madeMs: 100, deploymentMs: 140, endpointMs: 900, readyMs: 925 });
  expect(share).toEqual({ madeMs: 40, toldMs: 25 });
  expect(ownShareOf({ madeMs: 100, deploymentMs: 140 }).toldMs).toBeNaN();
});

test('of thirty figures the p99 is the longest', () => {
  const figures = Array.from({ length: 30 }, (_, at) => 30 - at);
  expect(spreadOf(figures)).toEqual({ count: 30, p50: 15, p99: 30, max: 30 });
});
