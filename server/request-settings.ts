// The settings of how requests are bounded and told.
// Next: `config.ts` has them in its table; `rate-limit.ts` and `request-log.ts` do what they say.
import { limits } from './limits.ts';
import { REQUEST_LOGS } from './request-log.ts';
import { oneOf, setting } from './setting.ts';

function wholeNumberUpTo(most: number) {
  return (text: string): number => {
    const number = Number(text);
    if (/^\d{1,9}$/.test(text) && number >= 1 && number <= most) return number;
    throw new Error(`must be a whole number from 1 to ${most}`);
  };
}

export const requestSettings = {
  rateLimitPerSecond: setting({
    name: 'RATE_LIMIT_PER_SECOND',
    default: undefined,
    parse: wholeNumberUpTo(limits.rateMax),
    description: 'How many requests a second each caller may send. Not set: any number.',
  }),
  rateLimitBurst: setting({
    name: 'RATE_LIMIT_BURST',
    default: undefined,
    parse: wholeNumberUpTo(limits.rateMax),
    description: 'How many of them may come at once. Not set: those of a second.',
  }),
  requestLog: setting({
    name: 'REQUEST_LOG',
    default: 'off',
    parse: oneOf(REQUEST_LOGS),
    description: `Which requests get a line in the log: ${REQUEST_LOGS.join(', ')}.`,
  }),
} as const;

/** What is wrong with these settings beside each other, a clause each. */
export function requestMistakes(env: Readonly<Record<string, string | undefined>>): string[] {
  const { rateLimitPerSecond: rate, rateLimitBurst: burst } = requestSettings;
  const isLost = env[burst.name] && !env[rate.name];
  return isLost ? [`${burst.name} must not be set without ${rate.name}`] : [];
}
