// The operator's settings, from the environment: every mistake is reported at once, and the result
// is frozen. main.ts reads it first; bounds that nobody needs to set are in limits.ts.

/** One setting: what it is for, what holds when it is not set, and how its text is read. */
interface Setting<T> {
  description: string;
  fallback?: string;
  /** @throws Error with the rest of a sentence that begins with the setting's name */
  parse: (text: string) => T;
}

const anyText = (text: string): string => text;
const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function required(text: string): string {
  if (text === '') throw new Error('must be set');
  return text;
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new Error('must be a port, from 0 to 65535');
  return value;
}

function flag(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new Error('must be true or false');
  return text === 'true';
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

function logLevel(text: string): (typeof LOG_LEVELS)[number] {
  const level = LOG_LEVELS.find((known) => known === text);
  if (level === undefined) throw new Error(`must be one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

const setting = <T>(value: Setting<T>): Setting<T> => value;

/** Every setting by the name of its environment variable. */
export const SETTINGS = {
  SERVER_IMAGE: setting({
    description: 'The server image of instances that name none. Required.',
    parse: required,
  }),
  POSTGRES_IMAGE: setting({
    description: 'The image of Postgres for instances that let the operator run one.',
    fallback: 'docker.io/library/postgres:17-bookworm',
    parse: required,
  }),
  IMAGE_PREFIXES: setting({
    description:
      'What images in a spec may begin with, separated by commas; the repositories of ' +
      'SERVER_IMAGE and POSTGRES_IMAGE where not set.',
    parse: list,
  }),
  WATCH_NAMESPACES: setting({
    description: 'The namespaces to look after, separated by commas; all where not set.',
    parse: list,
  }),
  MONITORING_NAMESPACES: setting({
    description: 'The namespaces whose pods may scrape instances, separated by commas.',
    fallback: 'monitoring',
    parse: list,
  }),
  INGRESS_NAMESPACES: setting({
    description:
      'The namespaces of the ingress controllers, separated by commas; where not set, exposed ' +
      'instances may be called from all.',
    parse: list,
  }),
  POD_NAMESPACE: setting({
    description: "The operator's own namespace, where its Lease is.",
    fallback: 'dumbkv-system',
    parse: required,
  }),
  POD_NAME: setting({
    description: 'The name of this process in the Lease and in events.',
    fallback: 'dumbkv-operator',
    parse: required,
  }),
  LEADER_ELECTION: setting({
    description: 'Whether only the holder of the Lease works; false only for a single process.',
    fallback: 'true',
    parse: flag,
  }),
  HEALTH_PORT: setting({
    description: 'The port of /healthz and /readyz.',
    fallback: '8081',
    parse: port,
  }),
  METRICS_PORT: setting({ description: 'The port of /metrics.', fallback: '8080', parse: port }),
  LOG_LEVEL: setting({
    description: `How much is logged: ${LOG_LEVELS.join(', ')}.`,
    fallback: 'info',
    parse: logLevel,
  }),
  KUBERNETES_SERVICE_HOST: setting({
    description: 'Set by the kubelet; tells that the operator runs inside the cluster.',
    parse: anyText,
  }),
};

type Settings = typeof SETTINGS;
type Values = { readonly [Name in keyof Settings]: ReturnType<Settings[Name]['parse']> };

/** The operator's settings, checked and frozen. */
export type OperatorConfig = Values & { readonly imagePrefixes: readonly string[] };

/** The settings are wrong; the message has a line for each mistake. */
export class ConfigError extends Error {
  readonly code = 'DKV_CONFIG_INVALID';

  constructor(mistakes: readonly string[]) {
    super(`The operator's settings are wrong:\n${mistakes.join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads the settings.
 * @throws ConfigError that names every mistake
 */
export function operatorConfig(environment: NodeJS.ProcessEnv): OperatorConfig {
  const mistakes: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { fallback = '', parse }] of Object.entries<Setting<unknown>>(SETTINGS)) {
    try {
      values[name] = parse(environment[name] ?? fallback);
    } catch (error) {
      mistakes.push(`${name} ${(error as Error).message}`);
    }
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const config = values as Values;
  const imagePrefixes =
    config.IMAGE_PREFIXES.length > 0
      ? config.IMAGE_PREFIXES
      : [config.SERVER_IMAGE, config.POSTGRES_IMAGE].map(repositoryOf);
  return Object.freeze({ ...config, imagePrefixes });
}

/** An image reference without its tag and digest. */
function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}
