// Makes the errors of api-errors.ts out of what came over the wire: refusals with a Status body,
// and whatever undici or a time limit threw. The transport throws what this returns.
import type { Dispatcher } from 'undici';
import { kubeLimits } from '../limits.ts';
import {
  ApiError,
  type FailedRequest,
  type Status,
  statusOf,
  TransportError,
} from './api-errors.ts';
import { DeadlineExceeded } from './deadline.ts';

/** Reads an answer that is not 2xx to the end, or as far as its bound, as an ApiError. */
export async function readRefusal(
  request: FailedRequest,
  answer: Dispatcher.ResponseData,
): Promise<ApiError> {
  const status = parseStatus(await boundedText(answer.body));
  return new ApiError(request, answer.statusCode, status, retryAfterSeconds(answer));
}

async function boundedText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > kubeLimits.errorBodySizeBytes) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

// What is not a Status comes from something in between: its text, bounded, is all there is to show.
function parseStatus(body: string): Status {
  try {
    return statusOf(JSON.parse(body));
  } catch {
    return { message: body };
  }
}

function retryAfterSeconds(answer: Dispatcher.ResponseData): number | undefined {
  const header = answer.headers['retry-after'];
  if (typeof header !== 'string' || !/^\d{1,6}$/.test(header)) return undefined;
  return Number(header);
}

/**
 * How long to wait before the same request may be sent again, or undefined where it must not be.
 */
export function retryAfterMs(error: unknown): number | undefined {
  if (!(error instanceof ApiError)) return undefined;
  if (error.statusCode !== 429 && error.statusCode !== 503) return undefined;
  if (error.retryAfterSeconds === undefined) return undefined;
  return Math.min(error.retryAfterSeconds * 1000, kubeLimits.retryAfterMaxMs);
}

/**
 * What undici or a time limit threw, as a TransportError; errors of this folder stay as they are.
 */
export function transportFailure(error: unknown, request: FailedRequest, host: string): Error {
  if (error instanceof ApiError || error instanceof TransportError) return error;
  const code = String((error as { code?: unknown } | undefined)?.code ?? '');
  if (error instanceof DeadlineExceeded || /TIMEOUT/.test(code)) {
    return failure('DKV_KUBE_TIMEOUT', request, host, 'no answer in time', error);
  }
  const why = error instanceof Error ? error.message || code : String(error);
  return failure('DKV_KUBE_UNREACHABLE', request, host, why, error);
}

/** A 2xx answer whose body is not what was asked for. */
export function badAnswer(
  request: FailedRequest,
  host: string,
  why: string,
  cause?: unknown,
): TransportError {
  return failure('DKV_KUBE_BAD_ANSWER', request, host, why, cause);
}

function failure(
  code: TransportError['code'],
  request: FailedRequest,
  host: string,
  why: string,
  cause: unknown,
): TransportError {
  const path = request.path.split('?')[0];
  return new TransportError(code, `${request.method} ${path} at ${host}: ${why}`, { cause });
}
