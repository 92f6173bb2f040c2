// A Service that others change each time it is written: what the tests of contention and of trouble
// share.
import { expect } from 'vitest';
import { SERVICE } from '../../../../operator/api/resources.ts';
import { applyChild } from '../../../../operator/apply/apply.ts';
import { service } from '../../../../operator/builders/service.ts';
import type { ApplyOptions } from '../../../../operator/kube/client.ts';
import type { KubeObject, ResourceType } from '../../../../operator/kube/resource.ts';
import { contentionLimits } from '../../../../operator/limits.ts';
import { altered } from '../../../support/alteration.ts';
import { dumbkv } from '../../../support/objects.ts';
import { RecordingClient } from '../../../support/recording-client.ts';
import { setting } from './setting.ts';

/** Changes what is applied, and knows who manages what. */
class PolicedClient extends RecordingClient {
  /** What becomes of each object that is applied. */
  policy: object | undefined;
  /** What an apply that overrules nobody is answered. */
  objection: Error | undefined;
  tries = 0;

  override async apply(type: ResourceType, object: KubeObject, options: ApplyOptions = {}) {
    if (options.dryRun && options.force === false) {
      this.tries += 1;
      if (this.objection !== undefined) throw this.objection;
      return object;
    }
    return super.apply(type, this.policy ? altered(object, this.policy) : object, options);
  }
}

/** A Service as it is applied, and as others change it. */
export async function contested() {
  const { cache, clock, context: given } = setting();
  const client = new PolicedClient();
  const context = { ...given, client };
  let desired = service(dumbkv());
  const applied = () => applyChild(dumbkv(), { type: SERVICE, object: desired }, context);
  const apply = async () => (await applied()).result;
  const edit = (alteration: object = { spec: { type: 'NodePort' } }) => {
    client.amend(SERVICE, 'shop', 'orders', alteration);
    cache.put(SERVICE, client.peek(SERVICE, 'shop', 'orders') as KubeObject);
  };
  const want = (alteration: object) => {
    desired = altered(desired, alteration);
  };
  await apply();
  client.actions.length = 0;
  return { client, clock, contention: context.contention, applied, apply, edit, want };
}

export type Contested = Awaited<ReturnType<typeof contested>>;

/** Somebody changes it, and it is put back if it is time to. */
export async function round({ apply, edit }: Contested) {
  edit();
  return apply();
}

/** It was put back so often that the next time has to wait. */
export async function worn(): Promise<Contested> {
  const made = await contested();
  for (let turn = 0; turn < contentionLimits.immediateWrites; turn += 1) {
    expect(await round(made)).toBe('updated');
  }
  return made;
}
