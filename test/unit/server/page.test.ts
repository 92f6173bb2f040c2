// The page: it is whole, loads nothing from elsewhere, and its policy fits its script and style.
// That it is served is tested in test/server/http-page.test.ts.
import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { expect, test } from 'vitest';
import { replyErrors } from '../../../server/errors.ts';
import { icon, page, pagePolicy } from '../../../server/page/page.ts';
import { script } from '../../../server/page/script.ts';
import { style } from '../../../server/page/style.ts';

const between = (open: string, close: string): string =>
  page.slice(page.indexOf(open) + open.length, page.indexOf(close));

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

test('the script is valid JavaScript', () => {
  expect(() => new Script(script)).not.toThrow();
});

test('the policy allows exactly the script and the style that are in the page', () => {
  expect(pagePolicy).toContain(`script-src ${hashOf(between('<script>', '</script>'))}`);
  expect(pagePolicy).toContain(`style-src ${hashOf(between('<style>', '</style>'))}`);
  expect(pagePolicy).toContain("default-src 'none'");
  expect(pagePolicy).not.toContain('unsafe');
});

test('neither script nor style can end its element early', () => {
  expect(script).not.toContain('</');
  expect(style).not.toContain('</');
});

test('nothing is loaded from elsewhere, and nothing is inline that the policy would stop', () => {
  expect(page).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(style).not.toMatch(/@import|url\(/);
  expect(page).not.toMatch(/\son\w+=|\sstyle=/);
});

test('it has a field for everything that a call needs, each with a label', () => {
  const fields = ['token', 'key', 'database', 'value', 'type', 'ttl', 'absent', 'prefix'];
  for (const id of fields) {
    expect(page).toMatch(new RegExp(`<label[^>]*>(?:(?!</label>)[^])*id="${id}"`));
  }
});

test('it offers to get, put, delete and list, and every button has its action', () => {
  const offered = [...page.matchAll(/<button [^>]*value="(\w+)"/g)].map(([, name]) => name);
  expect(offered).toEqual(['get', 'put', 'delete', 'list', 'more']);
  for (const name of offered) expect(script).toContain(`  async ${name}(`);
});

test('every element that the script asks for is in the page', () => {
  const asked = [...script.matchAll(/byId\('(\w+)'\)/g)].map(([, id]) => id);
  expect(asked.length).toBeGreaterThan(5);
  for (const id of asked) expect(page).toContain(`id="${id}"`);
});

test('the advice is for codes that exist', () => {
  const advised = [...script.matchAll(/^ {2}(DKV_\w+):/gm)].map(([, code]) => code);
  expect(advised.length).toBeGreaterThan(4);
  for (const code of advised) expect(replyErrors).toHaveProperty(String(code));
});

test('it says results and health to screen readers', () => {
  expect(page).toMatch(/<output id="output" aria-live="polite">/);
  expect(page).toMatch(/id="health" role="status"/);
});

test('it fits a phone, and light and dark', () => {
  expect(page).toContain('name="viewport" content="width=device-width, initial-scale=1"');
  expect(style).toContain('color-scheme: light dark');
  expect(style).toContain('prefers-color-scheme: dark');
  expect(style).toMatch(/@media \(max-width/);
});

test('the icon is a picture without a script', () => {
  expect(icon).toMatch(/^<svg xmlns=/);
  expect(icon).not.toContain('<script');
});
