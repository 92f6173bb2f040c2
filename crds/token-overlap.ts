// How long an old token counts after a rotation: a part of a DumbKV's `spec.auth`.
// It flows into `schema.ts`.
import { rules, text } from './fields.ts';

/** `spec.auth.tokenOverlap`. */
export const TokenOverlap = text(
  'How long the old token counts beside a new one; `1h` where left out. A new value of the ' +
    'annotation `dumbkv.dev/rotate-token` has the operator make a new token in its own Secret. ' +
    'With `0s` the old one goes at once.',
  8,
  {
    ...rules({
      rule: "self.matches('^[0-9]{1,6}[smh]$') && duration(self) <= duration('720h')",
      message: 'must be a time of at most 720h, such as 30m or 1h',
    }),
  },
);
