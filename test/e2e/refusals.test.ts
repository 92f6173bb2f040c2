// Refusals: an object that makes no sense is refused by the API server when it is applied, with a
// message that says what to do. No webhook is behind that, so it holds without the operator too.
import { beforeAll, describe, expect, it } from 'vitest';
import { DUMBKV } from '../../operator/api/resources.ts';
import type { ApiObject } from '../support/control-plane-client.ts';
import { useGround } from './support/ground.ts';

const ground = useGround('refusals');

/** Applies a DumbKV as a user does, and gives what kubectl said of the refusal. */
async function refusalOf(spec: ApiObject, name = 'orders'): Promise<string> {
  const object = { apiVersion: 'dumbkv.dev/v1alpha1', kind: 'DumbKV', metadata: { name }, spec };
  const { code, stderr } = await ground().kubectl(['apply', '-f', '-'], JSON.stringify(object));
  expect(code, stderr).toBe(1);
  return stderr;
}

const NEW_OBJECTS: { what: string; spec: ApiObject; says: string }[] = [
  {
    what: 'an unknown engine',
    spec: { engine: 'mysql' },
    says: 'spec.engine: Unsupported value: "mysql": supported values: "sqlite"',
  },
  {
    what: 'storage of nothing',
    spec: { storage: { size: '0' } },
    says: 'must be a quantity from 1Mi to 256Ti, such as 1Gi',
  },
  {
    what: 'a host that is no host',
    spec: { ingress: { host: 'https://orders.example.com/' } },
    says: 'must be one DNS host name in lower case, such as orders.example.com',
  },
  {
    what: 'two replicas on sqlite',
    spec: { replicas: 2 },
    says: 'engine sqlite takes at most one replica: set replicas to 1, or to 0 to stop it',
  },
  {
    what: 'a token Secret without tokens',
    spec: { auth: { type: 'None', tokenSecretRef: { name: 'tokens' } } },
    says: 'tokenSecretRef needs type Token: remove tokenSecretRef or set type to Token',
  },
  {
    what: 'a request above its limit',
    spec: { resources: { requests: { memory: '1Gi' }, limits: { memory: '512Mi' } } },
    says: 'requests.memory must not be more than limits.memory',
  },
  {
    what: 'a field that does not exist',
    spec: { storge: { size: '1Gi' } },
    says: 'unknown field "spec.storge"',
  },
];

describe('a new object', () => {
  it.each(NEW_OBJECTS)('with $what is refused', async ({ spec, says }) => {
    expect(await refusalOf(spec)).toContain(says);
    expect(await ground().find(DUMBKV, 'orders')).toBeUndefined();
  });

  it('with a name that is too long is refused', async () => {
    const refusal = await refusalOf({}, 'o'.repeat(41));
    expect(refusal).toContain('metadata.name must have at most 40 characters: make it shorter');
  });
});

const CHANGES: { what: string; spec: ApiObject; says: string }[] = [
  {
    what: 'shrinks the storage',
    spec: { storage: { size: '1Gi', className: 'standard' } },
    says: "storage cannot shrink below the volume's size: set storage.size to",
  },
  {
    what: 'changes the storage class',
    spec: { storage: { size: '2Gi', className: 'fast' } },
    says: 'storage.className cannot be changed, added or removed: set it back',
  },
];

describe('a change', () => {
  const spec = { suspended: true, storage: { size: '2Gi', className: 'standard' } };

  beforeAll(() => ground().applyDumbkv('carts', spec));

  it.each(CHANGES)('that $what is refused', async ({ spec: changed, says }) => {
    expect(await refusalOf(changed, 'carts')).toContain(says);
    expect((await ground().get(DUMBKV, 'carts')).spec.storage).toMatchObject(spec.storage);
  });
});
