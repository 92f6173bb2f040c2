// A DumbKV as a user would write it, the calls that send it, and what a refusal says.
// Every test of the CRD speaks to the API server through it.
import type { Answer, Call } from '../../support/control-plane-client.ts';

const API = '/apis/dumbkv.dev/v1alpha1/namespaces';

/** What a user writes: anything, since most tests write what is wrong. */
export type Spec = Record<string, unknown>;

/** The path of a namespace's DumbKVs, or of one of them, or of a subresource of it. */
export const pathOf = (namespace: string, ...rest: string[]) =>
  [API, namespace, 'dumbkvs', ...rest].join('/');

/** A DumbKV with this name and spec; without a spec there is no such field. */
export const dumbkv = (name: string, spec?: Spec) => ({
  apiVersion: 'dumbkv.dev/v1alpha1',
  kind: 'DumbKV',
  metadata: { name },
  ...(spec && { spec }),
});

/** A namespace of its own for a test file. */
export async function makeNamespace(call: Call, name: string): Promise<void> {
  const metadata = { name };
  const answer = await call('POST', '/api/v1/namespaces', { metadata });
  if (answer.status !== 201) throw new Error(`namespace ${name}: ${JSON.stringify(answer.body)}`);
}

/** One thing that the API server found wrong. */
export interface Refusal {
  field: string;
  message: string;
}

/** What the API server found wrong, or nothing if it took the object. */
export function refusalsIn({ status, body }: Answer): Refusal[] {
  if (status < 300) return [];
  const causes: Refusal[] = body.details?.causes ?? [];
  if (status !== 422 || causes.length === 0) {
    throw new Error(`a refusal with causes was awaited, not ${status}: ${JSON.stringify(body)}`);
  }
  return causes.map(({ field, message }) => ({ field, message }));
}
