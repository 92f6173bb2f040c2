// Values in JSON: as text where they are UTF-8, which people can read, else as base64. Pure.
// Next: `feed-event.ts`, `transfer-line.ts`.
import { isUtf8 } from 'node:buffer';

/** A value as a member of a JSON object. */
export type JsonValue = { readonly value: string } | { readonly valueBase64: string };

/** The member that carries a value. */
export const jsonValue = (value: Buffer): JsonValue =>
  isUtf8(value) ? { value: value.toString('utf8') } : { valueBase64: value.toString('base64') };

/** A point in time, as JSON and headers carry it; nothing for never. */
export const expiryMember = (expiresAtMs: number | null): { readonly expiresAt?: string } =>
  expiresAtMs === null ? {} : { expiresAt: new Date(expiresAtMs).toISOString() };
