// The parameters that a user gives a Postgres, whoever runs it, the operator or CloudNativePG.
// They flow into `postgres.ts` and `cloud-native-pg.ts`.
import { Type } from 'typebox';
import { BOUNDS, rules, text } from './fields.ts';

const KEEPS_DATA = [
  ...['fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method', 'data_sync_retry'],
  ...['ignore_checksum_failure', 'ignore_invalid_pages', 'zero_damaged_pages'],
];

/** What names files, libraries and commands, today's parameters and those to come. */
const REACHING_OUT = '_(file|filename|keyfile|dir|director(y|ies)|command|librar(y|ies))$';

/** A map of parameters; `fixed` are those that it cannot set, beside what keeps the data. */
export const parameters = (description: string, fixed: readonly string[], message: string) =>
  Type.Record(
    Type.String(),
    text('The value, as it would stand in postgresql.conf without its quotes.', 512),
    {
      description,
      maxProperties: BOUNDS.parameters,
      ...rules(
        {
          rule: "self.all(key, key.matches('^[a-z][a-z0-9_]{0,62}([.][a-z][a-z0-9_]{0,62})?$'))",
          message: 'each key must be the name of a parameter of Postgres, such as work_mem',
        },
        {
          rule:
            `self.all(key, !(key in [${quoted([...KEEPS_DATA, ...fixed])}]) && ` +
            `!key.matches('${REACHING_OUT}'))`,
          message,
        },
        {
          rule: "self.all(key, self[key].matches('^[^\\\\x00-\\\\x1f\\\\\\\\]*$'))",
          message: 'each value must be one line without backslashes',
        },
      ),
    },
  );

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
