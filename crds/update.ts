// The part of a DumbKV's spec that says what an update of the operator does to its pods.
// It flows into `schema.ts`.
import { word } from './fields.ts';

/** `spec.updatePolicy`. */
export const UpdatePolicy = word(
  'What a new release of the operator does to the pods. `Pinned`: nothing; image and pod ' +
    'template stay as they are, and the condition `UpdateAvailable` tells what a restart would ' +
    'bring. `Automatic`: the pods are replaced by those of the new release. Under both a new ' +
    'value of the annotation `dumbkv.dev/restart` restarts them with what the release has.',
  ['Pinned', 'Automatic'],
  { default: 'Pinned' },
);
