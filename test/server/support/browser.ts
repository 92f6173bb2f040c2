// A real browser for the tests of the web page: Chromium as the machine has it, with a fresh
// profile and without traffic of its own. test/programs installs one where there is none.
// Next: `open-page.ts` opens the page in it.
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';

const CANDIDATES = ['chromium', 'chromium-browser', 'google-chrome'];
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The command of a Chromium-based browser, or undefined where the machine has none. */
const browserCommand: string | undefined = [
  ...(process.env.DUMBKV_BROWSER ? [process.env.DUMBKV_BROWSER] : []),
  ...CANDIDATES,
].find((command) => spawnSync(command, ['--version']).status === 0);

/**
 * Tests with one browser for all of them, which `browser` gives from within a test. Without one the
 * output says that they were left out.
 */
export function describeInBrowser(title: string, tests: (browser: () => Browser) => void): void {
  if (browserCommand === undefined) {
    it('says that no browser is there, so the page was not tried in one', ({ annotate }) =>
      annotate('no Chromium on this machine: see test/programs'));
    return;
  }
  const command = browserCommand;
  let browser: Browser;
  describe(title, () => {
    beforeAll(async () => {
      browser = await startBrowser(command);
    });
    afterAll(() => browser.close());
    tests(() => browser);
  });
}

function startBrowser(command: string): Promise<Browser> {
  const path = spawnSync('sh', ['-c', `command -v "${command}"`], { encoding: 'utf8' });
  return chromium.launch({ executablePath: path.stdout.trim(), args: QUIET });
}
