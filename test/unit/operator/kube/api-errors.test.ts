// What callers ask of errors, on the Status objects that API servers send; and that no message or
// detail carries anything of a Secret.
import { describe, expect, it } from 'vitest';
import * as errors from '../../../../operator/kube/api-errors.ts';

const REQUEST = { method: 'GET', path: '/api/v1/namespaces/shop/configmaps/a?limit=5' };

/** An error for a Status with these fields. */
function answered(statusCode: number, status: errors.Status = {}, path = REQUEST.path) {
  return new errors.ApiError({ ...REQUEST, path }, statusCode, status);
}

const causes = (reason: string, field?: string) => ({
  details: { causes: [field === undefined ? { reason } : { reason, field }] },
});

describe('the questions', () => {
  const cases: [string, (error: unknown) => boolean, unknown, unknown][] = [
    ['isNotFound', errors.isNotFound, answered(404), answered(410)],
    [
      'isAlreadyExists',
      errors.isAlreadyExists,
      answered(409, { reason: 'AlreadyExists' }),
      answered(409, { reason: 'Conflict' }),
    ],
    [
      'isConflict',
      errors.isConflict,
      answered(409, { reason: 'Conflict' }),
      answered(409, { reason: 'AlreadyExists' }),
    ],
    [
      'isConflict, for a uid',
      errors.isConflict,
      answered(422, causes('FieldValueInvalid', 'metadata.uid')),
      answered(422, causes('FieldValueInvalid', 'spec.x')),
    ],
    ['isGone', errors.isGone, answered(410), answered(404)],
    ['isUnauthorized', errors.isUnauthorized, answered(401), answered(403)],
    ['isForbidden', errors.isForbidden, answered(403), answered(401)],
    ['isInvalid', errors.isInvalid, answered(422), answered(400)],
    ['isTooManyRequests', errors.isTooManyRequests, answered(429), answered(503)],
    [
      'isNamespaceTerminating',
      errors.isNamespaceTerminating,
      answered(403, causes('NamespaceTerminating')),
      answered(403),
    ],
    [
      'isResourceVersionTooLarge',
      errors.isResourceVersionTooLarge,
      answered(504, causes('ResourceVersionTooLarge')),
      answered(504),
    ],
  ];

  it.each(cases)('%s', (_name, question, yes, no) => {
    expect([question(yes), question(no)]).toEqual([true, false]);
    for (const other of [undefined, null, 'text', new Error('other'), { statusCode: 404 }]) {
      expect(question(other)).toBe(false);
    }
  });
});

describe('the message', () => {
  it('says which request, which answer, why, and not the query', () => {
    expect(answered(404, { reason: 'NotFound', message: 'no such thing' }).message).toBe(
      'GET /api/v1/namespaces/shop/configmaps/a: 404 NotFound: no such thing',
    );
    expect(answered(502).message).toBe('GET /api/v1/namespaces/shop/configmaps/a: 502');
  });

  it('is of bounded length', () => {
    expect(answered(500, { message: 'x'.repeat(100_000) }).message.length).toBeLessThan(1200);
  });

  it('quotes nothing of a Secret that is not valid', () => {
    const status: errors.Status = {
      reason: 'Invalid',
      message: 'data[token]: Invalid value: "hunter2"',
      details: {
        name: 'orders-token',
        causes: [{ reason: 'FieldValueInvalid', field: 'data', message: '"hunter2"' }],
      },
    };
    for (const path of [
      '/api/v1/namespaces/shop/secrets?x=y',
      '/api/v1/namespaces/shop/secrets/a',
    ]) {
      for (const statusCode of [400, 422]) {
        const error = answered(statusCode, status, path);
        expect(JSON.stringify({ ...error, message: error.message })).not.toContain('hunter2');
        expect(error.details.causes).toEqual([{ reason: 'FieldValueInvalid', field: 'data' }]);
      }
    }
    expect(answered(403, status, '/api/v1/secrets').message).toContain('Invalid value');
  });
});

describe('an ApiError', () => {
  it('keeps its cause, and knows when to come back', () => {
    const cause = new Error('below');
    const error = new errors.ApiError(REQUEST, 429, {}, 7, { cause });
    expect([error.cause, error.retryAfterSeconds]).toEqual([cause, 7]);
    expect(answered(429, { details: { retryAfterSeconds: 3 } }).retryAfterSeconds).toBe(3);
  });
});

describe('the error of a watch', () => {
  it('is what its Status says, or 500 when it says nothing', () => {
    const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
    expect(errors.isGone(errors.watchError(REQUEST, status))).toBe(true);
    for (const body of [undefined, null, 7, { kind: 'ConfigMap', code: 410 }]) {
      expect(errors.watchError(REQUEST, body).statusCode).toBe(500);
    }
  });
});
