// A real browser for the tests of the web page: Chromium as the machine has it, with a fresh
// profile and without traffic of its own. test/programs installs one where there is none.
import { spawnSync } from 'node:child_process';
import { type Browser, chromium } from 'playwright-core';

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
export const browserCommand: string | undefined = [
  ...(process.env.DUMBKV_BROWSER ? [process.env.DUMBKV_BROWSER] : []),
  ...CANDIDATES,
].find((command) => spawnSync(command, ['--version']).status === 0);

/** Starts the browser; the caller closes it. */
export function startBrowser(command: string): Promise<Browser> {
  const path = spawnSync('sh', ['-c', `command -v "${command}"`], { encoding: 'utf8' });
  return chromium.launch({ executablePath: path.stdout.trim(), args: QUIET });
}
