// How the operator's own token Secret is rotated: a fresh token before the old one, which counts on
// for a while and then goes. Pure; what is under way stands in an annotation of the Secret, written
// together with the tokens. reconcile/tokens.ts reads and writes.
import { createHash } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { ROTATE_TOKEN_ANNOTATION, ROTATION_ANNOTATION } from '../builders/metadata.ts';
import type { ObjectMeta } from '../kube/resource.ts';

const OVERLAP_DEFAULT_SECONDS = 3600;
const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** What was done, and what is still to be taken away. */
export interface Rotation {
  /** Tells which value of the annotation was answered last. */
  mark?: string | undefined;
  /** Digests of old tokens, each with the time in RFC 3339 until which it counts. */
  retiring: { digest: string; until: string }[];
}

/** The tokens of a Secret as text, with what is under way. */
export interface RotatedTokens {
  text: string;
  rotation: Rotation;
  /** Whether an old token stays for good, since there is no other one. */
  isKept?: boolean;
}

/** What is under way by the metadata of a Secret; nothing where that cannot be read. */
export function rotationOf({ annotations }: ObjectMeta): Rotation {
  try {
    const { mark, retiring } = JSON.parse(annotations?.[ROTATION_ANNOTATION] ?? '') as Rotation;
    return { mark, retiring: retiring.filter(({ until }) => !Number.isNaN(Date.parse(until))) };
  } catch {
    return { retiring: [] };
  }
}

/** A mark of what the annotation of a DumbKV asks, which may be of any length. */
export function rotationMark({ metadata }: DumbKV): string | undefined {
  const value = metadata.annotations?.[ROTATE_TOKEN_ANNOTATION];
  return value && digestOf(value);
}

/** Whether a fresh token is asked for: an annotation that is taken away asks for nothing. */
export function isRotationAsked(dumbkv: DumbKV, { mark }: Rotation): boolean {
  const asked = rotationMark(dumbkv);
  return asked !== undefined && asked !== mark;
}

/** Why a rotation that is asked for cannot be: the operator makes none of the tokens. */
export function rotationRefusal(dumbkv: DumbKV): string | undefined {
  if (rotationMark(dumbkv) === undefined) return undefined;
  const { type, tokenSecretRef } = dumbkv.spec.auth;
  if (type === 'None') return 'spec.auth.type is None, so there is no token';
  if (tokenSecretRef === undefined) return undefined;
  return `the tokens are in a Secret of yours, "${tokenSecretRef.name}": change them there`;
}

/** The instants at which old tokens go, the next one first. */
export const retirementsMs = ({ retiring }: Rotation): number[] =>
  retiring.map(({ until }) => Date.parse(until)).sort((one, other) => one - other);

/**
 * A fresh token takes the place of the first one, which counts on behind it for the overlap; lines
 * of the user's own stay.
 */
export function withFreshToken(
  { text, rotation }: RotatedTokens,
  dumbkv: DumbKV,
  { fresh, nowMs }: { fresh: string; nowMs: number },
): RotatedTokens {
  const lines = text.split('\n');
  const first = Math.max(0, lines.findIndex(isToken));
  const old = lines[first] ?? '';
  const token = tokenOf(old);
  const untilMs = nowMs + overlapSeconds(dumbkv) * 1000;
  const until = `${new Date(untilMs).toISOString().slice(0, 19)}Z`;
  const renewed = token === '' ? fresh : old.replace(token, () => fresh);
  return {
    text: [...lines.slice(0, first), renewed, ...lines.slice(first)].join('\n'),
    rotation: {
      mark: rotationMark(dumbkv),
      retiring: [...rotation.retiring, ...(token ? [{ digest: digestOf(token), until }] : [])],
    },
  };
}

/**
 * Without the old tokens whose time is over; but where somebody has taken the fresh one away, the
 * old one stays, or nobody had one any more.
 */
export function withoutRetired({ text, rotation }: RotatedTokens, nowMs: number): RotatedTokens {
  const isOver = ({ until }: { until: string }) => Date.parse(until) <= nowMs;
  const over = new Set(rotation.retiring.filter(isOver).map(({ digest }) => digest));
  const lines = text.split('\n').filter((line) => !over.has(digestOf(tokenOf(line))));
  const isKept = !lines.some(isToken) && text.split('\n').some(isToken);
  const retiring = rotation.retiring.filter((one) => !isOver(one));
  return { text: isKept ? text : lines.join('\n'), rotation: { ...rotation, retiring }, isKept };
}

function overlapSeconds({ spec }: DumbKV): number {
  const [, amount, unit = 's'] = /^(\d+)([smh])$/.exec(spec.auth.tokenOverlap ?? '') ?? [];
  if (amount === undefined) return OVERLAP_DEFAULT_SECONDS;
  return Number(amount) * SECONDS[unit as keyof typeof SECONDS];
}

const isToken = (line: string): boolean => /^\s*[^\s#]/.test(line);
const tokenOf = (line: string): string => (isToken(line) ? (line.trim().split(/\s/)[0] ?? '') : '');
const digestOf = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 32);
