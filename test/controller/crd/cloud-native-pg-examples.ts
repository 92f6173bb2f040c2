// What the CEL rules on `spec.postgres.cloudNativePG`, and those that bind it to the rest of the
// spec, refuse and take. `rule-examples.ts` puts them beside those of the other rules.
import type { Spec } from './object.ts';
import { images, type RuleExamples } from './rule-example.ts';

const AT = 'spec.postgres.cloudNativePG';
const on = (cloudNativePG?: Spec, rest: Spec = {}): Spec => ({
  engine: 'postgres',
  ...rest,
  postgres: { type: 'CloudNativePG', ...(cloudNativePG && { cloudNativePG }) },
});
const parameters = (value: Spec): Spec => on({ parameters: value });
const external = { urlSecretRef: { name: 'database' } };

/** Examples of the rules on a Postgres that CloudNativePG runs. */
export const CLOUD_NATIVE_PG_EXAMPLES: RuleExamples[] = [
  {
    at: 'spec.postgres',
    message: 'cloudNativePG needs type CloudNativePG: remove cloudNativePG or set that type',
    field: AT,
    refused: [
      { engine: 'postgres', postgres: { cloudNativePG: {} } },
      { engine: 'postgres', postgres: { type: 'External', external, cloudNativePG: {} } },
    ],
    accepted: [on({}), on()],
  },
  {
    at: AT,
    message: 'synchronousReplicas must be less than instances: one of them is the primary',
    field: `${AT}.synchronousReplicas`,
    refused: [
      ...[{ synchronousReplicas: 3 }, { instances: 1, synchronousReplicas: 1 }],
      { instances: 2, synchronousReplicas: 5 },
    ].map((spec) => on(spec)),
    accepted: [
      ...[{ synchronousReplicas: 2 }, { instances: 1 }, { instances: 1, synchronousReplicas: 0 }],
      { instances: 9, synchronousReplicas: 8 },
    ].map((spec) => on(spec)),
  },
  {
    at: 'spec',
    message: 'storage.volumeName cannot serve the several volumes of CloudNativePG: remove it',
    field: 'spec.storage.volumeName',
    refused: [on({}, { storage: { className: '', volumeName: 'pv-1' } })],
    accepted: [
      on({}, { storage: { className: 'fast' } }),
      { storage: { className: '', volumeName: 'pv-1' } },
    ],
  },
  images(`${AT}.image`, (image) => on({ image })),
  {
    at: `${AT}.parameters`,
    message: 'each key must be the name of a parameter of Postgres, such as work_mem',
    refused: ['', 'Work_mem', "a = '1'\nfsync"].map((key) => parameters({ [key]: '1' })),
    accepted: ['work_mem', 'pg_stat_statements.max'].map((key) => parameters({ [key]: '1' })),
  },
  {
    at: `${AT}.parameters`,
    message: 'parameters cannot set what keeps acknowledged writes (fsync, synchronous_commit',
    refused: [
      ...['fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method', 'data_sync_retry'],
      ...['ignore_checksum_failure', 'zero_damaged_pages', 'ignore_invalid_pages'],
      ...['session_preload_libraries', 'local_preload_libraries', 'dynamic_library_path'],
    ].map((key) => parameters({ [key]: 'off' })),
    accepted: ['checkpoint_timeout', 'wal_compression'].map((key) => parameters({ [key]: 'on' })),
  },
  {
    at: `${AT}.parameters`,
    message: 'each value must be one line without backslashes',
    refused: ["8MB'\nfsync = off", 'a\\b'].map((value) => parameters({ work_mem: value })),
    accepted: ['8MB', "it's"].map((value) => parameters({ work_mem: value })),
  },
];
