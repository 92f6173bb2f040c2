// Plain HTTP calls to the API server of a test, for what tests say to it directly.
// It has no retries and no caches, so that a test sees each answer as it was given.
import { Agent, request } from 'undici';
import type { ControlPlane } from './control-plane.ts';

/** An object of the API server; tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: an answer's shape is what a test is about to check
export type ApiObject = Record<string, any>;

export interface Answer {
  status: number;
  body: ApiObject;
}

export type Call = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  /** The format of a PATCH; by default a merge patch. */
  contentType?: string,
) => Promise<Answer>;

const agents = new WeakMap<object, Agent>();

/** Calls as the administrator, or with another token; `path` begins at the API server's root. */
export function clientOf(
  controlPlane: Pick<ControlPlane, 'serverUrl' | 'caCertificate' | 'adminToken'>,
  token = controlPlane.adminToken,
): Call {
  const { serverUrl, caCertificate } = controlPlane;
  const dispatcher = agents.get(controlPlane) ?? new Agent({ connect: { ca: caCertificate } });
  agents.set(controlPlane, dispatcher);
  return async (method, path, body, contentType) => {
    const format = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = {
      authorization: `Bearer ${token}`,
      'content-type': contentType ?? format,
    };
    const text = body === undefined ? null : JSON.stringify(body);
    const options = { method, headers, body: text, dispatcher } as const;
    const answer = await request(`${serverUrl}${path}`, options);
    return { status: answer.statusCode, body: bodyOf(await answer.body.text()) };
  };
}

/** Where nothing is served at all the answer is plain text. */
function bodyOf(text: string): ApiObject {
  try {
    return JSON.parse(text) as ApiObject;
  } catch {
    return { message: text };
  }
}
