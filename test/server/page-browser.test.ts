// The page in a real browser against a real server: a key is put, read and deleted by hand, and
// what is wrong is said in words. Without a browser the output says that this was not tested.
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { describeInBrowser } from './support/browser.ts';
import { openApp } from './support/open-app.ts';
import { openPage, press, TOKEN } from './support/open-page.ts';
import { put } from './support/store-calls.ts';

describeInBrowser('the page in a browser', (browser) => {
  it('puts, reads and deletes a key', async () => {
    const { page, complaints } = await openPage(browser());
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
    const { page } = await openPage(browser());
    await page.locator('#key').fill('greeting');
    await press(page, 'Get', 'This server asks for a token');
    await page.locator('#token').fill('wrong');
    await press(page, 'Get', 'does not know this token');
    await page.locator('#token').fill('reader');
    await page.locator('#value').fill('v');
    await press(page, 'Put', 'This token may only read');
  });

  it('leaves a key alone that is there, when asked to put only a new one', async () => {
    const { page } = await openPage(browser());
    await page.locator('#token').fill(TOKEN);
    await page.locator('#key').fill('once');
    await page.locator('#value').fill('first');
    await page.locator('#absent').check();
    await press(page, 'Put', /stored|put/i);
    await press(page, 'Put', 'This key has a value already');
  });

  it('keeps the media type and the end of an entry, and lists it by its prefix', async () => {
    const { page, complaints } = await openPage(browser());
    await page.locator('#token').fill(TOKEN);
    for (const key of ['orders/..', 'orders/1', 'other']) {
      await page.locator('#key').fill(key);
      await page.locator('#value').fill(`{"key":"${key}"}`);
      await page.locator('#type').fill('application/json');
      await page.locator('#ttl').fill('3600');
      await press(page, 'Put', /Stored.*It ends at/);
    }
    await page.locator('#type').fill('');
    await page.locator('#value').fill('');
    await page.locator('#prefix').fill('orders/');
    await press(page, 'List', '2 keys in all.');
    await page.locator('#keys').getByRole('button', { name: 'orders/..' }).click();
    await page.locator('#output', { hasText: /of application\/json.*It ends at/ }).waitFor();
    expect(await page.locator('#key').inputValue()).toBe('orders/..');
    expect(await page.locator('#value').inputValue()).toBe('{"key":"orders/.."}');
    expect(await page.locator('#type').inputValue()).toBe('application/json');
    await press(page, 'Delete', /deleted/i);
    await press(page, 'List', 'One key in all.');
    expect(complaints).toEqual([]);
  });

  it('goes on with the list where there is more', async () => {
    const { page, store } = await openPage(browser());
    const value = Buffer.from('v');
    await Promise.all(Array.from({ length: 120 }, (_, i) => put(store, 0, `k${i}`, value)));
    await page.locator('#token').fill(TOKEN);
    await press(page, 'List', '100 keys, and there may be more.');
    await press(page, 'More', '120 keys in all.');
    expect(await page.locator('#keys li').count()).toBe(120);
    expect(await page.getByRole('button', { name: 'More' }).isVisible()).toBe(false);
  });

  it('gives bytes that are no text as a file, byte by byte', async () => {
    const { page, store } = await openPage(browser());
    const bytes = Buffer.from([0x89, 0x50, 0xff, 0x00]);
    await put(store, 0, 'picture', bytes, { contentType: 'image/png' });
    await page.locator('#token').fill(TOKEN);
    await page.locator('#key').fill('picture');
    await press(page, 'Get', '4 bytes of image/png, no text, so they are not shown.');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByText('Save the value as a file').click(),
    ]);
    expect(download.suggestedFilename()).toBe('picture');
    expect(readFileSync(await download.path())).toEqual(bytes);
  });

  it('runs nothing of a value that is HTML', async () => {
    const { app, send } = await openApp();
    const url = '/v1/databases/0/keys/html';
    const payload = '<title>idle</title><script>document.title = "ran"</script>';
    const headers = { 'content-type': 'text/html' };
    expect((await send({ method: 'PUT', url, payload, headers })).statusCode).toBeLessThan(300);
    const page = await browser().newPage();
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
      const page = await browser().newPage();
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
    const { page, complaints } = await openPage(browser(), '/docs');
    await page.getByText('/kv').first().waitFor();
    expect(complaints).toEqual([]);
  });
});
