// What Secrets hold, and where else it stands: tests look through logs, events, objects and what
// else people get to see. A finding names the place and the field, never the value.

/** A Secret as the API server gives it. */
export interface HeldSecret {
  metadata: { name: string };
  data?: Record<string, string>;
}

/** One value that nobody may see outside of its Secret. */
export interface SecretValue {
  /** Such as `orders-token/token`. */
  field: string;
  text: string;
}

/** Texts by the place where they stand. */
export type Places = ReadonlyMap<string, string>;

/** Fields that tell nothing which others may not know: marks, certificates, names of places. */
const OPEN_FIELDS = new Set([
  ...['store-made', 'ca.crt', 'tls.crt', 'username', 'user', 'dbname', 'host', 'port'],
]);
/** Says what follows, and nothing of it. */
const FRAME = /^-----(BEGIN|END) /;
/** What is shorter stands anywhere by chance. */
const LENGTH_MIN = 12;

/** Every value of these Secrets, whole and in its parts: tokens by lines, passwords of URLs. */
export function secretValuesOf(secrets: readonly HeldSecret[]): SecretValue[] {
  const values = secrets.flatMap(({ metadata, data = {} }) =>
    Object.entries(data)
      .filter(([field]) => !OPEN_FIELDS.has(field))
      .flatMap(([field, encoded]) =>
        partsOf(Buffer.from(encoded, 'base64').toString('utf8')).map((text) => ({
          ...{ field: `${metadata.name}/${field}`, text },
        })),
      ),
  );
  return values.filter(({ text }) => text.length >= LENGTH_MIN);
}

function partsOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/^#\s*/, '').trim());
  const words = lines.filter(isHidden).flatMap((line) => [line, line.split(/\s/, 1)[0] ?? '']);
  const passwords = words.flatMap((word) => {
    const password = URL.parse(word)?.password ?? '';
    return [password, decoded(password)];
  });
  return [...new Set([text.trim(), ...words, ...passwords])];
}

const isHidden = (line: string): boolean => !FRAME.test(line);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Every way in which a value could be written down. */
const spellingsOf = (text: string): string[] => [
  text,
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  Buffer.from(`${text}\n`).toString('base64').replace(/=+$/, ''),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
  JSON.stringify(text).slice(1, -1),
];

/** Where which value stands: `the log of orders-1 shows orders-token/token`. */
export function shownIn(places: Places, values: readonly SecretValue[]): string[] {
  const found = [...places].flatMap(([place, shown]) =>
    values
      .filter(({ text }) => spellingsOf(text).some((spelling) => shown.includes(spelling)))
      .map(({ field }) => `${place} shows ${field}`),
  );
  return [...new Set(found)];
}
