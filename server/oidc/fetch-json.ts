// One document of the issuer, fetched within bounds: no redirect, so much time, so many bytes.
// Next: `issuer-keys.ts` reads what is in it.
import { limits } from '../limits.ts';

/** The JSON at `url`. Throws an Error that says what is wrong, and where. */
export async function fetchJson(url: string | URL, signal: AbortSignal): Promise<unknown> {
  try {
    const response = await fetch(url, {
      signal,
      redirect: 'error',
      headers: { accept: 'application/json' },
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`it answered ${response.status}`);
    }
    return JSON.parse(await boundedText(response));
  } catch (error) {
    throw new Error(`${url}: ${reasonOf(error)}`, { cause: error });
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > limits.oidcDocumentBytesMax) {
      throw new Error(`it is larger than ${limits.oidcDocumentBytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `fetch` says only that it failed; what happened is below. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? reasonOf(error.cause) : error.message;
}
