// The page of a new server in a browser, with all that the browser asked and complained about.
// Used by the tests of the web page.
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import type { Store } from '../../../server/store/store.ts';
import { fixedTokens } from './fixed-tokens.ts';
import { openApp } from './open-app.ts';

export const TOKEN = 'a-token-for-the-browser';
const tokens = fixedTokens(`${TOKEN}\nreader read-only`);

export interface OpenPage {
  readonly page: Page;
  readonly complaints: string[];
  readonly url: string;
  readonly store: Store;
  /** The addresses that the browser has asked. */
  readonly asked: string[];
}

/** Opens the page of a new server and remembers what the browser complained about. */
export async function openPage(browser: Browser, path = '/'): Promise<OpenPage> {
  const { app, store } = await openApp({ tokens });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  const page = await browser.newPage();
  onTestFinished(() => page.close());
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(url + path);
  return { page, complaints, url, store, asked };
}

/** What a button says. */
type Action = 'Get' | 'Put' | 'Delete' | 'List' | 'More';

/** Presses a button, and waits for the words that it leads to. */
export async function press(page: Page, action: Action, expected: RegExp | string) {
  await page.getByRole('button', { name: action, exact: true }).click();
  await page.locator('#output', { hasText: expected }).waitFor();
}
