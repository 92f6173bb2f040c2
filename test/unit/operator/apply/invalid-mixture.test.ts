// A child that is invalid beside what others added: their fields are taken away, manager by manager
// and over the very object that was looked at; and never where something else is refused.
import { describe, expect, it } from 'vitest';
import { CLAIM, DEPLOYMENT } from '../../../../operator/api/resources.ts';
import { applyChild } from '../../../../operator/apply/apply.ts';
import { claim } from '../../../../operator/builders/claim.ts';
import { deployment } from '../../../../operator/builders/deployment.ts';
import type { StatusCause } from '../../../../operator/kube/api-errors.ts';
import type { ApplyOptions } from '../../../../operator/kube/client.ts';
import type {
  KubeObject,
  ManagedFields,
  ResourceType,
} from '../../../../operator/kube/resource.ts';
import { dumbkv, SERVER_IMAGE, STORE } from '../../../support/objects.ts';
import { RecordingClient, refusal } from '../../../support/recording-client.ts';
import { setting } from './setting.ts';

const settings = { image: SERVER_IMAGE, storeId: STORE.storeId };
const DESIRED = {
  Deployment: { type: DEPLOYMENT, object: deployment(dumbkv(), settings) },
  Claim: { type: CLAIM, object: claim(dumbkv(), STORE) },
};
const entry = (manager: string, time: string, field: string): ManagedFields => ({
  ...{ manager, operation: 'Update', apiVersion: 'apps/v1', time },
  fieldsV1: { 'f:spec': { [field]: {} } },
});
const OURS: ManagedFields = { ...entry('dumbkv-operator', '1', 'f:strategy'), operation: 'Apply' };
const EDIT = entry('kubectl-edit', '3', 'f:rollingUpdate');
const SIDECAR = entry('injector', '2', 'f:sidecar');

const causes = [{ field: 'spec.strategy.rollingUpdate', message: 'Forbidden' }];
const invalid = (found: StatusCause[] = causes) =>
  refusal('PATCH', '/orders', 422, 'Invalid', { details: { causes: found } });

/** Refuses to have a child applied as long as one of these managers has fields in it. */
class FussyClient extends RecordingClient {
  harmful: string[] = ['kubectl-edit'];
  error: Error = invalid();
  /** What is said of the desired state alone. */
  soundness: Error | undefined;

  override async apply(type: ResourceType, object: KubeObject, options: ApplyOptions = {}) {
    const { namespace, name } = object.metadata;
    if (options.dryRun) {
      this.actions.push({ verb: 'apply', kind: type.kind, name: 'dry run', sent: object });
      if (this.soundness !== undefined) throw this.soundness;
      return object;
    }
    const entries = this.peek(type, namespace, name)?.metadata.managedFields ?? [];
    if (!entries.some(({ manager }) => this.harmful.includes(manager))) {
      return super.apply(type, object, options);
    }
    this.actions.push({ verb: 'apply', kind: type.kind, name, sent: object });
    throw this.error;
  }
}

/** A child that others have edited. */
function edited(entries: ManagedFields[], kind: keyof typeof DESIRED = 'Deployment') {
  const { cache, context } = setting();
  const client = new FussyClient();
  const { type, object } = DESIRED[kind];
  const managedFields = [OURS, ...entries];
  const changed = { ...(object.spec as object), replicas: 7, accessModes: [] };
  client.put(type, { ...object, metadata: { ...object.metadata, managedFields }, spec: changed });
  const { name } = object.metadata;
  const live = client.peek(type, 'shop', name) as KubeObject;
  cache.put(type, live);
  const apply = async () =>
    (await applyChild(dumbkv(), DESIRED[kind], { ...context, client })).result;
  const managers = () =>
    client.peek(type, 'shop', name)?.metadata.managedFields?.map(({ manager }) => manager);
  return { client, cache, live, apply, managers };
}

describe('a child that is invalid beside what others added', () => {
  it('is put back once the fields of the last writer are ours, others keep theirs', async () => {
    const { apply, managers } = edited([EDIT, SIDECAR]);
    expect(await apply()).toBe('updated');
    expect(managers()).toEqual(['dumbkv-operator', 'injector']);
  });

  it('is put back when the fields of all are ours, where it takes that', async () => {
    const { client, apply, managers } = edited([EDIT, SIDECAR]);
    client.harmful = ['kubectl-edit', 'injector'];
    expect(await apply()).toBe('updated');
    expect(managers()).toEqual(['dumbkv-operator']);
  });

  it('is written over the very object that was looked at, its managers only', async () => {
    const { client, apply, live } = edited([EDIT]);
    await apply();
    const { uid, resourceVersion } = live.metadata;
    const [patch] = client.writes.filter(({ verb }) => verb === 'mergePatch');
    expect(patch?.sent).toEqual({
      metadata: { uid, resourceVersion, managedFields: [expect.anything()] },
    });
  });

  it('goes into the cache as the API server answered it', async () => {
    const { client, cache, apply } = edited([EDIT]);
    await apply();
    expect(cache.observed.at(-1)).toEqual(client.peek(DEPLOYMENT, 'shop', 'orders'));
  });

  it('is put back though a quota leaves no room to try what is desired alone', async () => {
    const { client, apply } = edited([EDIT]);
    client.soundness = refusal('PATCH', '/x', 403, 'Forbidden');
    expect(await apply()).toBe('updated');
  });
});

describe('what others added is left alone', () => {
  const expectNothingTaken = async ({ client, apply, managers }: ReturnType<typeof edited>) => {
    const before = managers();
    await expect(apply()).rejects.toBe(client.error);
    expect(client.writes.map(({ verb }) => verb)).not.toContain('mergePatch');
    expect(managers()).toEqual(before);
  };

  it('when what is desired is refused by itself', async () => {
    const made = edited([EDIT]);
    made.client.soundness = invalid();
    await expectNothingTaken(made);
    const tried = made.client.actions.find(({ name }) => name === 'dry run')?.sent as KubeObject;
    expect(tried.metadata.name).toMatch(/^orders-[0-9a-f]{8}$/);
    expect(tried.metadata).not.toHaveProperty('resourceVersion');
  });

  it('when nobody can tell whether it is', async () => {
    const made = edited([EDIT]);
    made.client.soundness = new Error('connection lost');
    await expect(made.apply()).rejects.toThrow('connection lost');
    expect(made.client.writes.map(({ verb }) => verb)).not.toContain('mergePatch');
  });

  it('when it is refused for another cause than a field of the spec', async () => {
    for (const found of [[], [{ message: 'a policy' }], [{ field: 'metadata.annotations' }]]) {
      const made = edited([EDIT]);
      made.client.error = invalid(found);
      await expectNothingTaken(made);
    }
  });

  it.each([
    [403, 'Forbidden'],
    [409, 'Conflict'],
    [500, 'InternalError'],
  ])('when the answer is %i', async (statusCode, reason) => {
    const made = edited([EDIT]);
    made.client.error = refusal('PATCH', '/x', statusCode, reason, { details: { causes } });
    await expectNothingTaken(made);
  });

  it('when it is the claim, most of whose fields others fill in', async () => {
    await expectNothingTaken(edited([EDIT], 'Claim'));
  });

  it('when there is nothing, at the cost of one look', async () => {
    const made = edited([]);
    made.client.harmful = ['dumbkv-operator'];
    await expectNothingTaken(made);
    expect(made.client.actions.map(({ verb }) => verb)).toEqual(['apply', 'get']);
  });
});

describe('a child that is refused whatever is taken', () => {
  it('is reported with the first refusal, and is not asked for for ever', async () => {
    const { client, apply } = edited([EDIT, SIDECAR]);
    client.harmful = ['dumbkv-operator'];
    await expect(apply()).rejects.toBe(client.error);
    expect(client.writes.filter(({ verb }) => verb === 'mergePatch')).toHaveLength(2);
  });

  it('is reported with another failure that comes between', async () => {
    const { client, apply } = edited([EDIT]);
    client.harmful = ['kubectl-edit', 'dumbkv-operator'];
    const conflict = refusal('PATCH', '/x', 409, 'Conflict');
    const patch = client.mergePatch.bind(client);
    client.mergePatch = async (...call) => {
      client.error = conflict;
      return patch(...call);
    };
    await expect(apply()).rejects.toBe(conflict);
  });
});
