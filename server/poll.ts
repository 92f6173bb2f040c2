// Looking at something outside again and again, for as long as the server runs.
// Next: `tokens.ts` looks at its file so, `oidc/issuer-keys.ts` at the keys of its issuer.

/** Calls `look` again and again, never twice at a time, until stopped. `look` must not reject. */
export function poll(look: () => Promise<void>, everyMs: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const next = () => {
    if (!stopped) timer = setTimeout(() => void look().then(next), everyMs).unref();
  };
  next();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
