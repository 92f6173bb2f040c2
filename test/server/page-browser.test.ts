// The page in a real browser against a real server: a key is put, read and deleted by hand, and
// what is wrong is said in words. Without a browser the output says that this was not tested.
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browserCommand, startBrowser } from './support/browser.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { openApp } from './support/open-app.ts';

const TOKEN = 'a-token-for-the-browser';
const tokens = fixedTokens(`${TOKEN}\nreader read-only`);

let browser: Browser;

/** Opens the page of a new server and remembers what the browser complained about. */
async function openPage(path = '/'): Promise<{ page: Page; complaints: string[]; url: string }> {
  const { app } = await openApp({ tokens });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url + path);
  return { page, complaints, url };
}

async function press(page: Page, action: 'Get' | 'Put' | 'Delete', expected: RegExp | string) {
  await page.getByRole('button', { name: action, exact: true }).click();
  await page.locator('#output', { hasText: expected }).waitFor();
}

if (browserCommand === undefined) {
  it('says that no browser is there, so the page was not tried in one', ({ annotate }) =>
    annotate('no Chromium on this machine: see test/programs'));
} else {
  const command = browserCommand;

  describe('the page in a browser', () => {
    beforeAll(async () => {
      browser = await startBrowser(command);
    });
    afterAll(() => browser.close());

    it('puts, reads and deletes a key', async () => {
      const { page, complaints } = await openPage();
      await page.locator('#token').fill(TOKEN);
      await page.locator('#key').fill('greeting');
      await page.locator('#value').fill('hello, wörld');
      await press(page, 'Put', /stored|put/i);
      await page.locator('#value').fill('');
      await page.getByRole('button', { name: 'Get', exact: true }).click();
      await page.waitForFunction(
        "document.body.innerText.includes('hello, wörld') || " +
          "document.getElementById('value').value === 'hello, wörld'",
      );
      await press(page, 'Delete', /deleted|gone/i);
      await press(page, 'Get', 'Nothing is stored under this key in this database.');
      // a 404 is an error to the browser's console, and the only one
      expect(complaints.filter((text) => !text.includes('404'))).toEqual([]);
    });

    it('says in words what is wrong with the token', async () => {
      const { page } = await openPage();
      await page.locator('#key').fill('greeting');
      await press(page, 'Get', 'This server asks for a token');
      await page.locator('#token').fill('wrong');
      await press(page, 'Get', 'does not know this token');
      await page.locator('#token').fill('reader');
      await page.locator('#value').fill('v');
      await press(page, 'Put', 'This token may only read');
    });

    it('leaves a key alone that is there, when asked to put only a new one', async () => {
      const { page } = await openPage();
      await page.locator('#token').fill(TOKEN);
      await page.locator('#key').fill('once');
      await page.locator('#value').fill('first');
      await page.locator('#absent').check();
      await press(page, 'Put', /stored|put/i);
      await press(page, 'Put', 'This key has a value already');
    });

    it('shows the health of the server', async () => {
      const { page } = await openPage();
      await page.locator('#health', { hasText: 'healthy' }).waitFor();
    });

    it('is as wide as a phone, and no wider', async () => {
      const { page } = await openPage();
      await page.setViewportSize({ width: 360, height: 640 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    });

    it('runs nothing of a value that is HTML', async () => {
      const { app, send } = await openApp();
      const url = '/v1/databases/0/keys/html';
      const payload = '<title>idle</title><script>document.title = "ran"</script>';
      const headers = { 'content-type': 'text/html' };
      expect((await send({ method: 'PUT', url, payload, headers })).statusCode).toBeLessThan(300);
      const page = await browser.newPage();
      onTestFinished(() => page.close());
      await page.goto((await app.listen({ host: '127.0.0.1', port: 0 })) + url);
      expect(await page.title()).toBe('idle');
    });

    it('lets a page of an allowed origin read all of a reply, and no other page', async () => {
      const pages = await Promise.all([openApp(), openApp()]);
      const origins = await Promise.all(pages.map(({ app }) => app.listen({ port: 0 })));
      const [mine = ''] = origins;
      const { app } = await openApp({ allowedOrigins: [mine] });
      const url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/health`;
      const readFrom = async (origin: string) => {
        const page = await browser.newPage();
        onTestFinished(() => page.close());
        // the policy of our own page would keep it from calling anybody else
        await page.goto(`${origin}/health`);
        const ask = `fetch('${url}').then((r) => r.headers.get('x-request-id'), () => 'refused')`;
        return page.evaluate(ask);
      };
      expect(await readFrom(mine)).toMatch(/^[\w-]{8}-/);
      expect(await readFrom(origins[1] ?? '')).toBe('refused');
    });

    it('has the documentation of the calls one step away, without a complaint', async () => {
      const { page, complaints } = await openPage('/docs');
      await page.getByText('/kv').first().waitFor();
      expect(complaints).toEqual([]);
    });
  });
}
