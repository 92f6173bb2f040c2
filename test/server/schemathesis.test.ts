// Schemathesis on the OpenAPI document, with all its checks: no 5xx, and no answer that is not
// documented. Where it cannot be installed the output says that this was not tested.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../schemathesis/run', import.meta.url));
const CASES_MIN = 2_000;
const NOT_INSTALLED = 3;
const TIME_LIMIT_MS = 20 * 60_000;

test('every answer to what the document allows, and to what it does not, is documented', {
  timeout: TIME_LIMIT_MS,
}, async ({ annotate }) => {
  const child = spawn(SCRIPT, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  await once(child, 'close');
  if (child.exitCode === NOT_INSTALLED) {
    await annotate(`schemathesis is not installed, so the document was not tried: ${output}`);
    return;
  }
  expect(child.exitCode, output).toBe(0);
  const [, cases] = /(\d+) generated/.exec(output) ?? [];
  expect(Number(cases)).toBeGreaterThanOrEqual(CASES_MIN);
});
