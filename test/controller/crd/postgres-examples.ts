// What the CEL rules on `spec.postgres`, and those that bind it to the rest of the spec, refuse and
// take, as a user would write it. `rule-examples.ts` puts them beside those of the other rules.
import { computeExamples } from './compute-examples.ts';
import type { Spec } from './object.ts';
import { images, names, type RuleExamples } from './rule-example.ts';

const on = (postgres?: Spec, rest: Spec = {}): Spec => ({
  engine: 'postgres',
  ...rest,
  ...(postgres && { postgres }),
});
const managed = (value: Spec): Spec => on({ managed: value });
const parameters = (value: Spec): Spec => managed({ parameters: value });
const external = { urlSecretRef: { name: 'database' } };
const onExternal = (rest: Spec = {}): Spec => on({ type: 'External', external }, rest);
const size = (value: string): Spec => ({ storage: { size: value } });

const OF_THE_WHOLE: RuleExamples[] = [
  {
    at: 'spec',
    message: 'engine cannot be changed: set it back, or make a new DumbKV and copy the data',
    field: 'spec.engine',
    before: {},
    refused: [on(), on({ type: 'Managed' })],
    accepted: [{}, { engine: 'sqlite' }],
  },
  {
    at: 'spec',
    message: 'postgres needs engine postgres: remove postgres or set engine to postgres',
    field: 'spec.postgres',
    refused: [{ postgres: {} }, { engine: 'sqlite', postgres: { type: 'Managed' } }],
    accepted: [on({}), on()],
  },
  {
    at: 'spec',
    message: 'postgres.type cannot be changed: set it back, or make a new DumbKV and copy the data',
    field: 'spec.postgres.type',
    before: on(),
    refused: [onExternal()],
    accepted: [on(), on({}), on({ type: 'Managed' }), on({ pool: { maxOpen: 10 } })],
  },
  {
    at: 'spec',
    message: 'postgres.type cannot be changed: set it back, or make a new DumbKV and copy the data',
    field: 'spec.postgres.type',
    before: onExternal(),
    refused: [on(), on({}), on({ type: 'Managed' })],
    accepted: [onExternal(), onExternal({ replicas: 3 })],
  },
  {
    at: 'spec',
    message: 'a Postgres that the operator runs needs storage.size of at least 256Mi',
    field: 'spec.storage.size',
    refused: ['255Mi', '256M', '1Mi', '0.2Gi'].map((value) => on({}, size(value))),
    accepted: [
      on({}, size('256Mi')),
      on(undefined, size('1Gi')),
      onExternal(size('1Mi')),
      size('1Mi'),
    ],
  },
];

const OF_POSTGRES: RuleExamples[] = [
  {
    at: 'spec.postgres',
    message: 'type External needs external.urlSecretRef: name the Secret that holds the URL',
    field: 'spec.postgres.external',
    refused: [on({ type: 'External' })],
    accepted: [onExternal()],
  },
  {
    at: 'spec.postgres',
    message: 'external needs type External: remove external or set type to External',
    field: 'spec.postgres.external',
    refused: [on({ external }), on({ type: 'Managed', external })],
    accepted: [onExternal()],
  },
  {
    at: 'spec.postgres',
    message: 'managed needs type Managed: remove managed or set type to Managed',
    field: 'spec.postgres.managed',
    refused: [on({ type: 'External', external, managed: {} })],
    accepted: [managed({})],
  },
  names('spec.postgres.external.urlSecretRef.name', (name) =>
    on({ type: 'External', external: { urlSecretRef: { name } } }),
  ),
  images('spec.postgres.managed.image', (image) => managed({ image })),
  ...computeExamples('spec.postgres.managed.resources', (resources) => managed({ resources })),
];

const OF_PARAMETERS: RuleExamples[] = [
  {
    at: 'spec.postgres.managed.parameters',
    message: 'each key must be the name of a parameter of Postgres, such as work_mem',
    refused: [
      ...['', 'Work_mem', 'work-mem', 'a.b.c', '1st', "work_mem = '1'\nfsync", 'a.', '_a'],
      'a'.repeat(64),
    ].map((key) => parameters({ [key]: '1' })),
    accepted: ['work_mem', 'pg_stat_statements.max', 'a'.repeat(63)].map((key) =>
      parameters({ [key]: '1' }),
    ),
  },
  {
    at: 'spec.postgres.managed.parameters',
    message: 'parameters cannot set what keeps acknowledged writes (fsync, full_page_writes,',
    refused: [
      ...['fsync', 'full_page_writes', 'synchronous_commit', 'wal_sync_method', 'data_sync_retry'],
      ...['ignore_checksum_failure', 'zero_damaged_pages', 'ignore_invalid_pages', 'hba_file'],
      ...[
        'listen_addresses',
        'port',
        'data_directory',
        'include',
        'archive_command',
        'config_file',
      ],
      ...['shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries'],
      ...['dynamic_library_path', 'ssl_passphrase_command', 'restore_command', 'ident_file'],
      ...['unix_socket_directories', 'include_dir', 'include_if_exists', 'archive_library'],
    ].map((key) => parameters({ [key]: 'off' })),
    accepted: [
      ...['synchronous_standby_names', 'checkpoint_timeout', 'wal_compression', 'search_path'],
    ].map((key) => parameters({ [key]: 'on' })),
  },
  {
    at: 'spec.postgres.managed.parameters',
    message: 'each value must be one line without backslashes',
    refused: ["8MB'\nfsync = off", 'a\\b', 'a\tb', '\u0001', 'a\r'].map((value) =>
      parameters({ work_mem: value }),
    ),
    accepted: ['8MB', '', "it's", 'ü', '10 min'].map((value) => parameters({ work_mem: value })),
  },
];

/** Examples of the rules on a Postgres. */
export const POSTGRES_EXAMPLES = [...OF_THE_WHOLE, ...OF_POSTGRES, ...OF_PARAMETERS];
