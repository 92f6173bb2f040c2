// The part of a DumbKV's spec that keeps it from being deleted; the policies in config/protection
// do it. It flows into `schema.ts`.
import { Type } from 'typebox';

/** `spec.deletionProtection`. */
export const DeletionProtection = Type.Boolean({
  description:
    'True has the API server refuse the deletion of this object and of its data, where the ' +
    'policies of `config/protection` are installed; `kubectl delete --dry-run=server` tells. ' +
    'The deletion of the whole namespace is refused only while the namespace itself carries ' +
    'the label `dumbkv.dev/protected: "true"`.',
  default: false,
});
