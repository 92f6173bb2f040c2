// A script in the place of kubectl: it answers as a test tells it, since these tests have no
// cluster and no kubelet to forward to.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dumbkv } from '../../support/objects.ts';

const SERVING = { ...dumbkv(), status: { readyReplicas: 1 } };
const SECRET = { metadata: { name: 'orders-token' }, data: { token: btoa('the-token\n') } };

/** A kubectl that answers as told to its last verbs. */
export function standInFor(directory: string, cases: Record<string, string>): string {
  const answers = Object.entries({
    'get dumbkvs*': `echo '${JSON.stringify(SERVING)}'`,
    'get secret *': `echo '${JSON.stringify(SECRET)}'`,
    'get pods*': `echo '{"items":[{"metadata":{"name":"orders-1"}}]}'`,
    ...cases,
  }).map(([pattern, does]) => `*${pattern.replaceAll(' ', '\\ ')}) ${does} ;;`);
  const path = join(directory, `stand-in-${Math.random()}`);
  const body = `case "$*" in\n${answers.join('\n')}\n*) echo "what is $*" >&2; exit 1 ;;\nesac`;
  writeFileSync(path, `#!/bin/bash\n${body}\n`);
  chmodSync(path, 0o755);
  return path;
}
