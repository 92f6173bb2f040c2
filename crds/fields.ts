// The kinds of field of the DumbKV schema, each with its bounds and a rule that explains a refusal.
// They flow into `schema.ts` and `status.ts`; every bound of the schema is written down here once.
import { type TSchemaOptions, Type } from 'typebox';

/** The upper bounds of the schema; CEL's cost budget needs one for every string, list and map. */
export const BOUNDS = {
  /** Characters of a DumbKV's name: what its children append to it must still fit a label. */
  nameLength: 40,
  objectNameLength: 253,
  hostLength: 253,
  quantityLength: 32,
  imageLength: 512,
  annotations: 32,
  annotationValueLength: 4096,
  annotationsBytes: 240_000,
  conditions: 16,
  conditionTypeLength: 316,
  reasonLength: 1024,
  messageLength: 32_768,
  urlLength: 512,
  selectorLength: 1024,
  replicas: 100,
  parameters: 64,
  callers: 16,
  callerLabels: 8,
  labelLength: 63,
  labelKeyLength: 317,
  templateEntries: 16,
  parentRefs: 4,
  hostnames: 8,
  /** The host of an Ingress, and each host name at each Gateway. */
  hosts: 33,
} as const;

/** A CEL rule of the API server: what must hold, and what to do when it does not. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  /** The field that the refusal names, relative to the schema that holds the rule. */
  readonly fieldPath?: string;
}

/** CEL rules as an option of a schema. */
export const rules = (...list: Rule[]) => ({ 'x-kubernetes-validations': list });

/** A string of at most `maxLength` characters. */
export const text = (description: string, maxLength: number, options: TSchemaOptions = {}) =>
  Type.String({ description, maxLength, ...options });

/** One of a few words. */
export const word = <Words extends string[]>(
  description: string,
  words: readonly [...Words],
  options: TSchemaOptions = {},
) => Type.Enum(words, { description, ...options });

const LABEL = '[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?';
const SUBDOMAIN = `${LABEL}([.]${LABEL})*`;

/** The name of another object; `orEmpty` also takes the empty string. */
export const objectName = (description: string, { orEmpty = false } = {}) =>
  text(description, BOUNDS.objectNameLength, {
    ...rules({
      rule: `${orEmpty ? "self == '' || " : ''}self.matches('^${SUBDOMAIN}$')`,
      message:
        "must be the name of a Kubernetes object: lower-case letters, digits, '-' and " +
        "'.', a letter or digit at both ends",
    }),
  });

/** A DNS host name; its last label begins with a letter, which tells it from an IP address. */
export const hostName = (description: string) =>
  text(description, BOUNDS.hostLength, {
    ...rules({
      rule: `self.matches('^(${LABEL}[.])*[a-z]([-a-z0-9]{0,61}[a-z0-9])?$')`,
      message:
        'must be one DNS host name in lower case, such as orders.example.com: no ' +
        'wildcard, IP address, scheme, port or path',
    }),
  });

const PREFIX = '[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
/** What the keys of labels and annotations look like. */
export const QUALIFIED_NAME = `(${PREFIX}/)?[a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?`;
/** What the values of labels look like. */
export const LABEL_VALUE = '([a-zA-Z0-9]([-a-zA-Z0-9_.]{0,61}[a-zA-Z0-9])?)?';

const REGISTRY = '([a-zA-Z0-9]([-a-zA-Z0-9.]*[a-zA-Z0-9])?|[[][0-9a-fA-F:]+[]])(:[0-9]{1,5})?/';
const REPOSITORY_PART = '[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*';
const REPOSITORY = `(${REGISTRY})?${REPOSITORY_PART}(/${REPOSITORY_PART})*`;
const TAG = '(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?';
const DIGEST = '(@sha256:[0-9a-f]{64})?';

/** A reference to a container image, with a tag, a digest, both or neither. */
export const imageReference = (description: string) =>
  text(description, BOUNDS.imageLength, {
    ...rules({
      rule: `self.matches('^${REPOSITORY}${TAG}${DIGEST}$')`,
      message: 'must be an image reference such as registry.example.com/team/dumbkv-server:1.2.3',
    }),
  });

const PLAIN_QUANTITY = '^[+]?[0-9.]+([eE][-+]?[0-9]{1,2}|[a-zA-Z]{0,2})$';

/**
 * A CEL expression that is true of a string that `quantity()` may be called with. An exponent of
 * many digits is one too, but would keep the API server busy for minutes.
 */
export const holdsQuantity = (value: string): string =>
  `(${value}.matches('${PLAIN_QUANTITY}') && isQuantity(${value}))`;

/** A quantity from `minimum` to `maximum`; `example` completes the message of a refusal. */
export const quantity = (
  description: string,
  bounds: { minimum: string; maximum: string; example: string },
  options: TSchemaOptions & { default?: string } = {},
) => {
  const { minimum, maximum, example } = bounds;
  const atLeast = `quantity(self).compareTo(quantity('${minimum}')) >= 0`;
  const atMost = `quantity(self).compareTo(quantity('${maximum}')) <= 0`;
  const rule = [holdsQuantity('self'), atLeast, atMost].join(' && ');
  const message = `must be a quantity from ${minimum} to ${maximum}, such as ${example}`;
  return text(description, BOUNDS.quantityLength, { ...options, ...rules({ rule, message }) });
};
