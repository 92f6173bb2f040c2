// The page for those who use the keyboard alone, read in the dark, have a phone or no internet: in
// a real browser. Without one the output says that this was not tested.
import { expect, it } from 'vitest';
import { describeInBrowser } from './support/browser.ts';
import { openPage, press, TOKEN } from './support/open-page.ts';

describeInBrowser('the page for everybody', (browser) => {
  it('is used by the keyboard alone', async () => {
    const { page } = await openPage(browser());
    const { keyboard } = page;
    const tabTo = async (id: string) => {
      for (let i = 0; i < 20; i += 1) {
        await keyboard.press('Tab');
        if (await page.evaluate(`document.activeElement.matches('${id}')`)) return;
      }
      throw new Error(`${id} is not reached by Tab`);
    };
    await tabTo('#token');
    await keyboard.type(TOKEN);
    await tabTo('#key');
    await keyboard.type('by-keyboard');
    await tabTo('#value');
    await keyboard.type('typed');
    await tabTo('button[value=put]');
    await keyboard.press('Enter');
    await page.locator('#output', { hasText: 'Stored' }).waitFor();
    // the place is kept, so the next step is the one after
    await tabTo('button[value=delete]');
    await tabTo('#prefix');
    await keyboard.type('by-');
    await keyboard.press('Enter');
    await page.locator('#output', { hasText: 'One key in all.' }).waitFor();
    await tabTo('button[value=list]');
    await tabTo('#keys button');
    await keyboard.press('Space');
    await page.locator('#output', { hasText: /^Read: 5 bytes/ }).waitFor();
  });

  it('shows where the keyboard is, and is dark where the reader wants it', async () => {
    const { page } = await openPage(browser());
    const look = (of: string, what: string) =>
      page.evaluate(`getComputedStyle(document.querySelector('${of}')).${what}`);
    await page.locator('#key').focus();
    expect(await look('#key', 'outlineStyle')).toBe('solid');
    const inLight = [await look('body', 'backgroundColor'), await look('body', 'color')];
    await page.emulateMedia({ colorScheme: 'dark' });
    const inDark = [await look('body', 'backgroundColor'), await look('body', 'color')];
    expect(inLight[0]).toBe('rgb(246, 247, 250)');
    expect(inDark[0]).toBe('rgb(18, 21, 28)');
    expect(inDark[1]).not.toBe(inLight[1]);
  });

  it('asks its own server alone', async () => {
    const { page, url, asked } = await openPage(browser());
    await page.locator('#health', { hasText: 'healthy' }).waitFor();
    await page.locator('#token').fill(TOKEN);
    await press(page, 'List', '0 keys in all.');
    expect(asked.length).toBeGreaterThan(2);
    for (const one of asked) expect(new URL(one).origin).toBe(url);
  });

  it('shows the health of the server', async () => {
    const { page } = await openPage(browser());
    await page.locator('#health', { hasText: 'healthy' }).waitFor();
  });

  it('is as wide as a phone, and no wider', async () => {
    const { page } = await openPage(browser());
    await page.setViewportSize({ width: 360, height: 640 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  });
});
