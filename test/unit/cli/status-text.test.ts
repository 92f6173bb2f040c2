// What `status` prints, from DumbKVs as the API server gives them.
import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../cli/kubectl.ts';
import { advice, isReady, statusTable, statusText } from '../../../cli/status-text.ts';
import { age, textTable } from '../../../cli/text-table.ts';
import type { DumbKV } from '../../../crds/schema.ts';
import { boundClaim, dumbkv, readyPod } from '../../support/objects.ts';

const NOW = new Date('2029-12-31T00:10:00Z');
const asApi = (object: unknown) => object as ApiObject;
const condition = (type: string, status: string, reason: string, message = '') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: '2029-12-31T00:05:00Z',
});
const withStatus = (conditions: object[], alteration: object = {}): DumbKV =>
  dumbkv({
    status: { observedGeneration: 1, replicas: 1, readyReplicas: 1, conditions },
    ...alteration,
  });
const READY = condition('Ready', 'True', 'Available', 'The instance serves requests.');
const ready = withStatus([READY]);
const stalled = withStatus(
  [
    condition('Ready', 'False', 'TokenSecretMissing', 'Make the Secret.'),
    condition('Stalled', 'True', 'TokenSecretMissing', 'Make the Secret.'),
    condition('Exposed', 'False', 'AddressPending', 'Wait.'),
  ],
  { metadata: { name: 'carts' } },
);
const fresh = dumbkv({ metadata: { name: 'fresh' } });
const waiting = withStatus([condition('Ready', 'False', 'Deploying', 'The pod starts.')], {
  metadata: { name: 'waiting' },
});
const NOTHING = { pods: [], claims: [] };

describe('one instance', () => {
  it('is shown with its parts', () => {
    const parts = { pods: [asApi(readyPod())], claims: [asApi(boundClaim())] };
    expect(statusText(ready, parts, NOW)).toEqual([
      'shop/orders: Ready (Available)',
      '',
      '  engine   sqlite',
      '  pods     1 of 1 ready',
      '  volume   orders-data: Bound, 1Gi',
      '  age      10m',
      '',
      'Conditions',
      '  TYPE    STATUS   REASON      SINCE',
      '  Ready   True     Available   5m',
      '',
      'Pods',
      '  NAME          STATE     RESTARTS     NODE          AGE',
      '  orders-5d9c   Running   0 restarts   no node yet   9m',
      '',
      'What to do',
      '  Nothing.',
    ]);
  });

  it('is ready only for the spec as it is now', () => {
    expect(isReady(ready)).toBe(true);
    expect(isReady(withStatus([READY], { metadata: { generation: 2 } }))).toBe(false);
    expect(isReady(stalled)).toBe(false);
    expect(statusText(fresh, NOTHING, NOW)[0]).toBe('shop/fresh: Unknown');
  });

  it('shows what it is made of: Postgres, open, suspended, exposed', () => {
    const shown = withStatus([condition('Ready', 'False', 'Suspended', 'It is suspended.')], {
      spec: { engine: 'postgres', suspended: true, auth: { type: 'None' } },
    });
    const text = statusText(shown, NOTHING, NOW).join('\n');
    expect(text).toMatch(/engine +postgres \(Managed\)/);
    expect(text).toMatch(/pods +1 of 0 ready/);
    expect(text).toMatch(/tokens +none: whoever reaches it may do everything/);
    expect(text).toContain('It is suspended.\n  To start it: kubectl dumbkv resume orders');
  });

  it('has no pods to wait for while its schedule has it sleep', () => {
    const asleep = withStatus([condition('Ready', 'False', 'Sleeping', 'No pod until 7.')]);
    Object.assign(asleep.status ?? {}, { readyReplicas: 0 });
    expect(statusText(asleep, NOTHING, NOW).join('\n')).toMatch(/pods +0 of 0 ready/);
    expect(statusTable([asleep], NOW)[1]).toContain('0/0');
  });

  it.each(['StoragePressure', 'RotationIgnored'])('says what to do about %s', (type) => {
    const told = withStatus([READY, condition(type, 'True', 'Why', 'Do this.')]);
    expect(advice(told, NOTHING)).toEqual(['Do this.']);
  });

  it('shows a volume that is still awaited, and the Secret with the tokens', () => {
    const claim = asApi({
      metadata: { name: 'orders-data' },
      spec: { storageClassName: 'efs', resources: { requests: { storage: '2Gi' } } },
    });
    const status = { ...ready.status, credentialsSecret: 'orders-token' };
    const text = statusText({ ...ready, status } as DumbKV, { pods: [], claims: [claim] }, NOW);
    expect(text).toContain('  volume   orders-data: Pending, 2Gi asked, class efs');
    expect(text).toContain('  tokens   Secret orders-token');
  });
});

describe('what to do', () => {
  it('is in the words of the operator, each once', () => {
    expect(advice(stalled, NOTHING)).toEqual(['Make the Secret.', 'Wait.']);
  });

  it('is nothing where the operator merely cannot know', () => {
    const unknown = condition('Reachable', 'Unknown', 'NotVerified', 'It cannot ask.');
    expect(advice(withStatus([READY, unknown]), NOTHING)).toEqual(['Nothing.']);
  });

  it('is to take an update that is there', () => {
    const update = condition('UpdateAvailable', 'True', 'Outdated', 'Restart it.');
    expect(advice(withStatus([READY, update]), NOTHING)).toEqual(['Restart it.']);
  });

  it('is to look for the operator where it has not looked', () => {
    expect(advice(fresh, NOTHING).join(' ')).toContain('pods and logs of dumbkv-operator');
  });

  it('names restarts, and shows why a container waits', () => {
    const containerStatuses = [
      { restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } } },
    ];
    const pod = asApi({ ...readyPod(), status: { containerStatuses } });
    const parts = { pods: [pod], claims: [] };
    expect(advice(ready, parts)).toEqual([
      'Containers were restarted: kubectl dumbkv logs orders --previous',
    ]);
    expect(statusText(ready, parts, NOW).join('\n')).toMatch(/CrashLoopBackOff +3 restarts/);
  });
});

describe('the table of all', () => {
  it('has those first that need somebody', () => {
    expect(statusTable([ready, waiting, fresh, stalled], NOW)).toEqual([
      'NAMESPACE   NAME      STATE       REASON               ENGINE   PODS   AGE',
      'shop        carts     Stalled     TokenSecretMissing   sqlite   1/1    10m',
      'shop        fresh     Unknown                          sqlite   0/1    10m',
      'shop        waiting   Not ready   Deploying            sqlite   1/1    10m',
      'shop        orders    Ready       Available            sqlite   1/1    10m',
    ]);
  });

  it('says that there is none', () => {
    expect(statusTable([], NOW)).toEqual(['There is no DumbKV here; -A looks in all namespaces.']);
  });
});

describe('a text table', () => {
  it('is as wide as it must be', () => {
    expect(
      textTable([
        ['a', 'b'],
        ['long', ''],
      ]),
    ).toEqual(['a      b', 'long']);
  });

  it.each([
    [undefined, ''],
    ['2029-12-31T00:10:00Z', '0s'],
    ['2029-12-31T00:11:00Z', '0s'],
    ['2029-12-31T00:09:30Z', '30s'],
    ['2029-12-30T21:00:00Z', '3h'],
    ['2029-12-01T00:00:00Z', '30d'],
  ])('tells the age of %s as %s', (moment, text) => {
    expect(age(moment, NOW)).toBe(text);
  });
});
