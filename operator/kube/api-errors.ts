// What can go wrong with a call to the Kubernetes API: an answer that refuses (ApiError) or no
// usable answer at all (TransportError), and the questions that callers ask of either.
import { kubeLimits } from '../limits.ts';
import type { KubeObject } from './resource.ts';

/** One entry of `Status.details.causes`. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

/** `Status.details`: which object was meant, and the single causes. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

/** The Kubernetes Status object, as far as it is read. */
export interface Status {
  code?: number;
  reason?: string;
  message?: string;
  details?: StatusDetails;
}

/** The request that failed, as it appears in messages. */
export interface FailedRequest {
  method: string;
  path: string;
}

/** The API server answered, and the answer is no. `reason` is the Status' reason, or empty. */
export class ApiError extends Error {
  readonly code = 'DKV_KUBE_REFUSED';
  readonly statusCode: number;
  readonly reason: string;
  readonly details: StatusDetails;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    request: FailedRequest,
    statusCode: number,
    status: Status,
    retryAfterSeconds?: number,
    options?: ErrorOptions,
  ) {
    super(refusalMessage(request, statusCode, status), options);
    this.name = 'ApiError';
    this.statusCode = statusCode;
    this.reason = status.reason ?? '';
    this.details = detailsOf(request, statusCode, status);
    this.retryAfterSeconds = retryAfterSeconds ?? status.details?.retryAfterSeconds;
  }
}

/** Why there is no usable answer. */
export type TransportFailure =
  | 'DKV_KUBE_UNREACHABLE'
  | 'DKV_KUBE_TIMEOUT'
  | 'DKV_KUBE_BAD_ANSWER'
  | 'DKV_KUBE_CREDENTIALS';

/** No usable answer came: the connection failed, took too long, or carried something else. */
export class TransportError extends Error {
  readonly code: TransportFailure;

  constructor(code: TransportFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TransportError';
    this.code = code;
  }
}

// Validation messages may quote the value they refuse; of a Secret nothing is quoted onwards.
function mayEchoSecret(request: FailedRequest, statusCode: number): boolean {
  const isSecret = /\/secrets(\/|$)/.test(pathOnly(request));
  return isSecret && (statusCode === 400 || statusCode === 422);
}

function detailsOf(request: FailedRequest, statusCode: number, status: Status): StatusDetails {
  const details = status.details ?? {};
  if (!mayEchoSecret(request, statusCode)) return details;
  const causes = (details.causes ?? []).map(({ message: _quoted, ...cause }) => cause);
  return { ...details, causes };
}

const pathOnly = ({ path }: FailedRequest): string => path.split('?')[0] ?? path;

function refusalMessage(request: FailedRequest, statusCode: number, status: Status): string {
  const said = mayEchoSecret(request, statusCode) ? '' : (status.message ?? '');
  const shown = said.slice(0, kubeLimits.errorMessageCharacters);
  const reason = status.reason ? ` ${status.reason}` : '';
  const answer = `${statusCode}${reason}${shown ? `: ${shown}` : ''}`;
  return `${request.method} ${pathOnly(request)}: ${answer}`;
}

/** The Status that a body or an in-band watch error holds; empty when it holds none. */
export function statusOf(body: unknown): Status {
  if (typeof body !== 'object' || body === null) return {};
  return (body as KubeObject).kind === 'Status' ? (body as Status) : {};
}

/** The error that a watch carries in band, in an event of type ERROR. */
export function watchError(request: FailedRequest, body: unknown): ApiError {
  const status = statusOf(body);
  return new ApiError(request, status.code ?? 500, status);
}

function hasStatus(error: unknown, statusCode: number): error is ApiError {
  return error instanceof ApiError && error.statusCode === statusCode;
}

/** 404: no such object, or no such kind. */
export const isNotFound = (error: unknown): boolean => hasStatus(error, 404);

/** 409 because something exists already under that name. */
export const isAlreadyExists = (error: unknown): boolean =>
  hasStatus(error, 409) && error.reason === 'AlreadyExists';

/**
 * A resourceVersion, a uid or a field manager does not match: 409, or 422 where the uid alone
 * differs.
 */
export const isConflict = (error: unknown): boolean =>
  (hasStatus(error, 409) && error.reason !== 'AlreadyExists') ||
  (hasStatus(error, 422) && causesOf(error).some(({ field }) => field === 'metadata.uid'));

/** 410: the resource version or the continue token is too old; list again. */
export const isGone = (error: unknown): boolean => hasStatus(error, 410);

/** 401: the API server does not know these credentials. */
export const isUnauthorized = (error: unknown): boolean => hasStatus(error, 401);

/** 403: not allowed. */
export const isForbidden = (error: unknown): boolean => hasStatus(error, 403);

/** Whether a kind is not served, or not to us: to whoever can do without it that is the same. */
export const isUnserved = (error: unknown): boolean => isNotFound(error) || isForbidden(error);

/** 422: the object breaks a rule of its schema. */
export const isInvalid = (error: unknown): boolean => hasStatus(error, 422);

/** 429: too many requests, or an eviction that must wait. */
export const isTooManyRequests = (error: unknown): boolean => hasStatus(error, 429);

/** 403 because the namespace is being deleted: nothing new may be made there. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  hasStatus(error, 403) && hasCause(error, 'NamespaceTerminating');

/** The resource version is from a future that this server does not know (a restored etcd). */
export const isResourceVersionTooLarge = (error: unknown): boolean =>
  error instanceof ApiError && hasCause(error, 'ResourceVersionTooLarge');

const causesOf = (error: ApiError): StatusCause[] => error.details.causes ?? [];

const hasCause = (error: ApiError, reason: string): boolean =>
  causesOf(error).some((cause) => cause.reason === reason);
