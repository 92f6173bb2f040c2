// Lists a kind page by page and keeps of each object only what the sink wants, so that a large
// list is never held whole. The reflector (reflector.ts) hands the result to its sink.
import type { KubeClient, KubeObject, ListOptions, ResourceType } from '../kube/client.ts';

/** A complete list and the resource version from which to watch on. */
export interface Listing {
  objects: KubeObject[];
  resourceVersion: string;
}

/** What to list, in pages of how many objects, and in how many pages at most. */
export interface ListRequest {
  client: KubeClient;
  type: ResourceType;
  options: Omit<ListOptions, 'continueToken'>;
  pages: number;
}

/**
 * The whole list. A page that is refused, 410 for an old continue token among them, fails all of
 * it: a new try begins with the first page.
 */
export async function listAll(
  request: ListRequest,
  project: (object: KubeObject) => KubeObject | undefined,
  signal: AbortSignal,
): Promise<Listing> {
  const objects: KubeObject[] = [];
  let continueToken: string | undefined;
  for (let page = 0; page < request.pages; page += 1) {
    const answer = await request.client.list(
      request.type,
      { ...request.options, continueToken },
      signal,
    );
    for (const item of answer.items) {
      const kept = project(item);
      if (kept !== undefined) objects.push(kept);
    }
    if (answer.continueToken === undefined) {
      return { objects, resourceVersion: answer.resourceVersion };
    }
    continueToken = answer.continueToken;
  }
  throw new Error(`the list of ${request.type.plural} does not end within ${request.pages} pages`);
}
