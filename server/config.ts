// Settings: one table says what there is; environment and `.env` are read by it, and all mistakes
// are told at once.
// Next: `main.ts` builds everything from the frozen result.
import { readFileSync } from 'node:fs';
import { argumentMistakes } from './arguments.ts';
import { databaseMistakes } from './database-settings.ts';
import { type DotEnv, dotEnvOf } from './dot-env.ts';
import { messageOf, StartError } from './errors.ts';
import { limits } from './limits.ts';
import { type Misspelt, misspeltAmong } from './misspelt.ts';
import { oidcMistakes, oidcSettings } from './oidc/settings.ts';
import { OTEL_VARIABLES, otelMistakes, tracesEndpoint } from './otel-variables.ts';
import { requestMistakes, requestSettings } from './request-settings.ts';
import { oneOf, setting } from './setting.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new Error('must be a number from 0 to 65535');
  return port;
}

const numberOf =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!/^\d{1,9}$/.test(text) || number < min || number > max) {
      throw new Error(`must be a number from ${min} to ${max}`);
    }
    return number;
  };

function storeIdOf(text: string): string {
  if (!UUID.test(text)) throw new Error('must be a UUID in lower case');
  return text;
}

function originOf(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text) || new URL(text).origin !== text) {
    const shown = text.slice(0, limits.echoCharactersMax);
    throw new Error(
      `must be origins like https://example.org, with commas between, not "${shown}"`,
    );
  }
  return text;
}

const originsOf = (text: string): readonly string[] =>
  Object.freeze(text.split(',').map((part) => originOf(part.trim())));

const verbatim = (text: string): string => text;

/** Every setting there is. An empty text counts as not set. */
export const settings = {
  databaseType: setting({
    name: 'DATABASE_TYPE',
    default: 'sqlite',
    parse: oneOf(['sqlite', 'postgres'], ': there are no other engines'),
    description: 'The engine of the store: sqlite or postgres.',
  }),
  databaseLocation: setting({
    name: 'DATABASE_LOCATION',
    default: './dumbkv.db',
    parse: verbatim,
    description:
      'Path of the database file, or :memory: for a store that ends with the process; ' +
      'for postgres a URL, postgres://user:password@host:5432/database.',
  }),
  databaseLocationFile: setting({
    name: 'DATABASE_LOCATION_FILE',
    default: undefined,
    parse: verbatim,
    description: 'File that holds the URL of Postgres, read again when it changes.',
  }),
  databasePoolMax: setting({
    name: 'DATABASE_POOL_MAX',
    default: '25',
    parse: numberOf(limits.poolConnectionsMin, limits.poolConnectionsMax),
    description: 'The most connections to Postgres.',
  }),
  databasePoolIdle: setting({
    name: 'DATABASE_POOL_IDLE',
    default: '5',
    parse: numberOf(0, limits.poolConnectionsMax),
    description: 'How many of them are kept while there is nothing to do.',
  }),
  host: setting({
    name: 'HOST',
    default: '127.0.0.1',
    parse: verbatim,
    description:
      'Address to listen on. Only this machine by default; :: is every address, IPv4 too.',
  }),
  port: setting({
    name: 'PORT',
    default: '8000',
    parse: portOf,
    description: 'Port to listen on; 0 takes a free one and logs it.',
  }),
  logLevel: setting({
    name: 'LOG_LEVEL',
    default: 'info',
    parse: oneOf(LOG_LEVELS),
    description: `The least severe lines that are logged: ${LOG_LEVELS.join(', ')}.`,
  }),
  allowedOrigins: setting({
    name: 'ALLOWED_ORIGINS',
    default: undefined,
    parse: originsOf,
    description: 'Origins whose web pages may call this server (CORS), with commas between.',
  }),
  tokensFile: setting({
    name: 'TOKENS_FILE',
    default: undefined,
    parse: verbatim,
    description: 'File of bearer tokens, read again when it changes. Not set: everybody may call.',
  }),
  sealingKeyFile: setting({
    name: 'SEALING_KEY_FILE',
    default: undefined,
    parse: verbatim,
    description:
      'File of sealing keys. Not set: <DATABASE_LOCATION>.sealing-key, made when needed.',
  }),
  storeId: setting({
    name: 'STORE_ID',
    default: undefined,
    parse: storeIdOf,
    description: 'The id (UUID) that the store must have; a new store takes it.',
  }),
  ...oidcSettings,
  ...requestSettings,
} as const;

type Settings = typeof settings;
type Parsed<S> = S extends { readonly parse: (text: string) => infer T } ? T : never;
type OrAbsent<S, T> = S extends { readonly default: string } ? T : T | undefined;

/** What the table yields, one member a setting. */
export type Config = {
  readonly [K in keyof Settings]: OrAbsent<Settings[K], Parsed<Settings[K]>>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Parses the settings found in `env`. Throws DKV_CONFIG_INVALID naming every mistake, those known
 * before among them.
 */
export function configFrom(env: Environment, knownMistakes: readonly string[] = []): Config {
  const mistakes = [
    ...knownMistakes,
    ...oidcMistakes(env),
    ...requestMistakes(env),
    ...otelMistakes(env),
  ];
  const parsed = Object.entries(settings).map(([key, { name, default: fallback, parse }]) => {
    const text = env[name] || fallback;
    try {
      return [key, text === undefined ? undefined : parse(text)];
    } catch (error) {
      mistakes.push(`${name} ${messageOf(error)}`);
      return [key, undefined];
    }
  });
  mistakes.push(...databaseMistakes(env));
  if (mistakes.length > 0) {
    throw new StartError('DKV_CONFIG_INVALID', `Settings are wrong: ${mistakes.join('; ')}.`);
  }
  return Object.freeze(Object.fromEntries(parsed)) as Config;
}

const ownNames = (): string[] => Object.values(settings).map(({ name }) => name);

/**
 * Reads `.env` in the working directory, if there is one, and the environment, which wins. Nothing
 * is to be read from the command line.
 */
export function readConfig(): Config {
  const { values, mistakes } = readDotEnv('.env');
  const env = { ...values, ...withoutEmpty(process.env) };
  // The packages of OpenTelemetry read these where they are.
  for (const name of OTEL_VARIABLES) if (env[name]) process.env[name] = env[name];
  return configFrom(env, [...argumentMistakes(process.argv.slice(2)), ...mistakes]);
}

/** What in the environment is probably meant to be a setting, and is none. */
export const misspeltSettings = (): Misspelt[] =>
  misspeltAmong(Object.keys(process.env), new Set(ownNames()));

/** Whether the environment asks for traces, once `readConfig` has read it. */
export const areTracesWanted = (): boolean => tracesEndpoint(process.env) !== undefined;

function readDotEnv(path: string): DotEnv {
  const known = new Set([...ownNames(), ...OTEL_VARIABLES]);
  try {
    // This decoder drops a byte order mark, and throws where the text is not UTF-8.
    return dotEnvOf(new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)), known);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { values: {}, mistakes: [] };
    return { values: {}, mistakes: [`.env cannot be read: ${messageOf(error)}`] };
  }
}

const withoutEmpty = (env: Environment): Environment =>
  Object.fromEntries(Object.entries(env).filter(([, text]) => text !== ''));

/** The text of `--help`: each setting with its default. */
export function helpText(): string {
  const rows = Object.values(settings).map(
    ({ name, default: fallback, description }) =>
      `  ${name.padEnd(22)} ${description}${fallback === undefined ? '' : ` Default: ${fallback}`}`,
  );
  return [
    'DumbKV server: an HTTP key-value store on SQLite or Postgres.',
    '',
    'Usage: node server/main.ts [--help | --version]',
    '',
    'Settings, from the environment or from .env in the working directory (the environment wins):',
    ...rows,
    '',
  ].join('\n');
}
