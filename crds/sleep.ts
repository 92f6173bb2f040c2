// The part of a DumbKV's spec that says at which hours of which days it has no pods.
// It flows into `schema.ts`.
import { type Static, Type } from 'typebox';
import { rules, text, word } from './fields.ts';

const clockTime = (description: string) =>
  text(description, 5, { pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' });

const Window = Type.Object(
  {
    days: Type.Optional(
      Type.Array(word('A day of the week.', ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']), {
        description: 'The days on which it begins; left out, every day.',
        maxItems: 7,
        'x-kubernetes-list-type': 'set',
      }),
    ),
    from: clockTime('When it begins: `20:00`.'),
    to: clockTime('When it ends; on the next day where that is not later than `from`.'),
  },
  { description: 'A time without pods.' },
);

/** `spec.sleep`. */
export const Sleep = Type.Object(
  {
    timeZone: text('The time zone of all times: `UTC` or `Europe/Berlin`.', 64, {
      default: 'UTC',
      ...rules({
        rule: "self.matches('^[A-Za-z][-+_A-Za-z0-9]*(/[A-Za-z][-+_A-Za-z0-9]*)*$')",
        message: 'must be the name of a time zone, such as UTC or Europe/Berlin',
      }),
    }),
    windows: Type.Array(Window, { description: 'When it sleeps.', maxItems: 14 }),
  },
  {
    description:
      'Hours at which the instance has no pods, and everything else is kept: by the clock of the ' +
      'time zone, whatever daylight saving does. `suspended` goes before it.',
  },
);
/** When an instance sleeps. */
export type Sleep = Static<typeof Sleep>;
