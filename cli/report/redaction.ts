// Takes out of what a report holds all that may be secret: by place in an object, by the values
// that the instance's Secrets hold, and by form. Pure; collection.ts puts everything through it.
import { limits } from '../limits.ts';

const REDACTED = '[redacted]';

/** Annotations by these are ours or Kubernetes' own, and hold nothing secret. */
const KNOWN_ANNOTATIONS = [
  ...['dumbkv.dev/', 'deployment.kubernetes.io/', 'pv.kubernetes.io/', 'cert-manager.io/'],
  ...['volume.kubernetes.io/', 'volume.beta.kubernetes.io/', 'endpoints.kubernetes.io/'],
  ...['kubectl.kubernetes.io/restartedAt', 'kubectl.kubernetes.io/default-container'],
];

/** Containers that the operator makes; the others are somebody else's, with secrets anywhere. */
const OWN_CONTAINERS = ['server', 'postgres'];

/** What the operator puts into the environment of a pod, as values: settings and paths. */
const KNOWN_VARIABLES = new Set([
  ...['DATABASE_TYPE', 'DATABASE_LOCATION', 'DATABASE_LOCATION_FILE', 'HOST', 'PORT', 'STORE_ID'],
  ...['DATABASE_POOL_MAX', 'DATABASE_POOL_IDLE', 'SEALING_KEY_FILE', 'TOKENS_FILE', 'PGDATA'],
  ...['WATCH_NAMESPACES', 'SERVER_IMAGE', 'POSTGRES_IMAGE', 'IMAGE_PREFIXES', 'LOG_LEVEL'],
  ...['HEALTH_PORT', 'METRICS_PORT', 'LEADER_ELECTION'],
]);

/** Forms that nobody writes by chance: credentials in URLs and headers, JWTs, long random words. */
const SECRET_FORMS: readonly [RegExp, string][] = [
  [/(?<=[a-z][a-z0-9+.-]*:\/\/)[^\s/@"']+@/gi, `${REDACTED}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${REDACTED}`],
  [
    /\b(password|passwd|pwd|secret|token|api_?key)("?\s*[=:]\s*"?)[^\s"',;&}]{4,}/gi,
    `$1$2${REDACTED}`,
  ],
  [/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, REDACTED],
  [/(?<!sha256:)\b[0-9a-f]{40,}\b/gi, REDACTED],
  [
    /(?<![\w+/=-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{40,}={0,2}(?![\w+/=-])/g,
    REDACTED,
  ],
];

/** A Secret, as far as its values are to be found elsewhere. */
export interface SecretData {
  data?: Record<string, string>;
}

/** The mark beside the sealing key: it holds the id of the store, which tells stores apart. */
const OPEN_FIELD = 'store-made';

/** Every word that the Secrets hold, longest first, as it is and in base64. */
export function secretWords(secrets: readonly SecretData[]): string[] {
  const texts = secrets
    .flatMap(({ data }) => Object.entries(data ?? {}))
    .filter(([field]) => field !== OPEN_FIELD)
    .map(([, value]) => Buffer.from(value, 'base64').toString('utf8'));
  const words = texts.flatMap(wordsOf).filter((word) => word.length >= limits.secretWordLengthMin);
  const encoded = [...texts, ...words].map((word) => Buffer.from(word).toString('base64'));
  const all = new Set([...words, ...encoded.map((word) => word.replace(/=+$/, ''))]);
  return [...all].sort((one, other) => other.length - one.length);
}

/** The words of a text that are secret: comments and the word for an access are not. */
function wordsOf(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => !line.trim().startsWith('#'))
    .flatMap((line) => line.split(/\s+/))
    .filter((word) => word !== 'read-only' && word !== 'read-write')
    .flatMap((word) => [word, ...passwordOf(word)]);
}

/** The password of a URL, as it stands there and as it is meant. */
function passwordOf(word: string): string[] {
  if (!URL.canParse(word)) return [];
  const { password } = new URL(word);
  if (password === '') return [];
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}

/** A text without these words and without what has the form of a secret. */
export function scrubbed(text: string, words: readonly string[]): string {
  let result = text;
  for (const word of words) result = result.replaceAll(word, REDACTED);
  for (const [form, replacement] of SECRET_FORMS) result = result.replaceAll(form, replacement);
  return result;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of the API server without the places where something secret may stand. */
export function redactedObject(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redactedObject);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== 'managedFields')
      .map(([name, field]) => [name, redactedField(name, field, value)]),
  );
}

function redactedField(name: string, value: unknown, owner: Fields): unknown {
  if (name === 'annotations' && isFields(value)) return redactedAnnotations(value);
  if ((name === 'data' || name === 'stringData' || name === 'binaryData') && isFields(value)) {
    return Object.fromEntries(Object.keys(value).map((key) => [key, REDACTED]));
  }
  if (name === 'env' && Array.isArray(value)) return value.map(redactedVariable);
  if ((name === 'command' || name === 'args') && Array.isArray(value)) {
    return OWN_CONTAINERS.includes(String(owner.name)) ? value : [REDACTED];
  }
  return redactedObject(value);
}

const redactedAnnotations = (annotations: Fields): Fields =>
  Object.fromEntries(
    Object.entries(annotations).map(([name, value]) => [
      name,
      KNOWN_ANNOTATIONS.some((known) => name.startsWith(known)) ? redactedJson(value) : REDACTED,
    ]),
  );

/** Objects that an annotation holds as text: the kept pod template has annotations itself. */
function redactedJson(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    return JSON.stringify(redactedObject(JSON.parse(value)));
  } catch {
    return REDACTED;
  }
}

function redactedVariable(variable: unknown): unknown {
  if (!isFields(variable) || variable.value === undefined) return redactedObject(variable);
  return KNOWN_VARIABLES.has(String(variable.name)) ? variable : { ...variable, value: REDACTED };
}
