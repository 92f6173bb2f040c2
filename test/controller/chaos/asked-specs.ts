// What the tests of transitions ask for: changes that the API server takes, those that it refuses,
// and those that it takes though the operator cannot do with them. transitions.test.ts walks there.
import { objectSchema } from '../../../crds/definition.ts';
import type { Chance } from '../../chaos/chance.ts';
import { FULL_SPECS } from '../../unit/crds/full-dumbkv.ts';
import { dumbkv, type Spec } from '../crd/object.ts';
import { RULE_EXAMPLES } from '../crd/rule-examples.ts';
import { violationsOf } from '../crd/violations.ts';

/** A change of a spec: some fields of it, or all. */
export interface Asked {
  readonly what: string;
  readonly spec: Spec;
  readonly isWhole: boolean;
  /** Taken by the API server, but no good: the status has to say so. */
  readonly isUnsound?: boolean;
}

const SERVER = 'images.example/dumbkv-server';
const some = (what: string, spec: Spec): Asked => ({ what, spec, isWhole: false });
const unsound = (what: string, spec: Spec): Asked => ({ ...some(what, spec), isUnsound: true });

/** Taken by the API server, and no good: nothing that runs may be touched for it. */
const UNSOUND: readonly Asked[] = [
  unsound('an image that is not allowed', { image: 'evil.example.com/server:1' }),
  unsound('tokens that are not there', { auth: { tokenSecretRef: { name: 'gone' } } }),
  unsound('a time zone that nobody knows', {
    sleep: { timeZone: 'Europe/Atlantis', windows: [{ from: '00:00', to: '01:00' }] },
  }),
  unsound("somebody else's host", { ingress: { host: 'taken.example.com' } }),
];

const SOUND: readonly Asked[] = [
  some('another image', { image: `${SERVER}:2` }),
  some('rest', { suspended: true }),
  some('no replicas', { replicas: 0 }),
  some('no token', { auth: { type: 'None' } }),
  some('its data deleted with it', { deletionPolicy: 'Delete' }),
];

/** Nobody made the classes that the examples name, and pods without theirs are refused. */
const NEEDS_CLASS = 'spec.template.priorityClassName';
const examples = RULE_EXAMPLES.filter(
  ({ at, before, status }) => !before && !status && at !== NEEDS_CLASS,
);
const ACCEPTED = examples.flatMap(({ at, accepted }) => accepted.map((spec) => some(at, spec)));
const REFUSED = examples.flatMap(({ at, refused }) => refused.map((spec) => some(at, spec)));

/** One thing wrong in a spec that is otherwise sound, for each bound of each field. */
const BROKEN: readonly Asked[] = FULL_SPECS.flatMap((full) =>
  violationsOf(objectSchema().properties?.spec ?? {}, dumbkv('orders', { ...full }), ['spec']).map(
    ({ field, bound, object }) => ({
      what: `${field} beyond its ${bound}`,
      spec: (object as { spec: Spec }).spec,
      isWhole: true,
    }),
  ),
);

/** Anything: half of it is no good. */
export function anySpec(chance: Chance): Asked {
  return chance.pick(chance.pick([SOUND, ACCEPTED, ACCEPTED, UNSOUND, REFUSED, BROKEN]));
}
