// The page's script at work: its own text, run with stand-ins for the few elements that it touches.
// Its calls go to a real app; the markup is tested in test/unit/server/page.test.ts.
import { createContext, Script } from 'node:vm';
import { expect, test } from 'vitest';
import { script } from '../../server/page/script.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { type OpenApp, openApp } from './support/open-app.ts';
import { put } from './support/store-calls.ts';
import { waitFor } from './support/wait-for.ts';

/** As much of an element as the script uses. */
interface Element {
  value: string;
  checked: boolean;
  hidden: boolean;
  textContent: string;
  className: string;
  href: string;
  download: string;
  readonly children: Element[];
  readonly listeners: Map<string, (event: unknown) => void>;
  addEventListener(name: string, listener: (event: unknown) => void): void;
  append(child: Element): void;
  replaceChildren(): void;
  querySelectorAll(): Element[];
}

type Action = 'get' | 'put' | 'delete' | 'list' | 'more';

interface Page {
  readonly field: (id: string) => Element;
  /** Presses a button and waits until the page has said something. */
  press(action: Action | Element): Promise<{ text: string; mood: string }>;
  /** The keys that are listed, as buttons. */
  listed(): Element[];
}

function newElement(value: string, buttons: Element[]): Element {
  const listeners = new Map<string, (event: unknown) => void>();
  const children: Element[] = [];
  return {
    ...{ value, checked: false, hidden: true, textContent: '', className: '', href: '' },
    ...{ download: '', children, listeners },
    addEventListener: (name, listener) => void listeners.set(name, listener),
    append: (child) => void children.push(child),
    replaceChildren: () => void children.splice(0),
    querySelectorAll: () => buttons,
  };
}

type Fetch = (url: string, options?: RequestInit) => Promise<Response>;

/** The browser's `fetch`, led to the app. */
const fetchOf =
  ({ send }: OpenApp): Fetch =>
  async (url, options = {}) => {
    const {
      statusCode: status,
      headers,
      rawPayload,
    } = await send({
      url,
      method: (options.method ?? 'GET') as 'GET',
      headers: (options.headers ?? {}) as Record<string, string>,
      ...(typeof options.body === 'string' ? { payload: options.body } : {}),
    });
    const body = status === 204 ? null : new Uint8Array(rawPayload);
    return new Response(body, { status, headers: headers as Record<string, string> });
  };

const FORMS: Record<string, Action[]> = {
  form: ['get', 'put', 'delete'],
  'list-form': ['list', 'more'],
};

function openPage(fetchFromHere: Fetch): Page {
  const buttons = new Map<string, Element>();
  for (const name of Object.values(FORMS).flat()) buttons.set(name, newElement(name, []));
  const elements = new Map<string, Element>();
  const field = (id: string): Element => {
    const its = (FORMS[id] ?? []).flatMap((name) => buttons.get(name) ?? []);
    const found = elements.get(id) ?? newElement('', its);
    elements.set(id, found);
    return found;
  };
  const stored = new Map<string, string>();
  const context = createContext({
    ...{ fetch: fetchFromHere, TypeError, URIError, TextDecoder, URLSearchParams, Blob },
    URL: { createObjectURL: () => 'blob:here', revokeObjectURL: () => {} },
    encodeURIComponent,
    setTimeout: () => 0,
    document: { getElementById: field, createElement: () => newElement('', []) },
    sessionStorage: {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
    },
  });
  new Script(script).runInContext(context);
  return {
    field,
    listed: () => field('keys').children.flatMap(({ children }) => children),
    press: async (action) => {
      const output = field('output');
      output.className = '';
      const button = typeof action === 'string' ? buttons.get(action) : action;
      button?.listeners.get('click')?.({});
      await waitFor('the page to answer', () => output.className !== '');
      // what comes after the words is over in this turn
      await new Promise(setImmediate);
      return { text: output.textContent, mood: output.className };
    },
  };
}

const pageOn = async (deps: Parameters<typeof openApp>[0] = {}): Promise<Page> =>
  openPage(fetchOf(await openApp(deps)));

test('it puts, gets and deletes a key', async () => {
  const { field, press } = await pageOn();
  Object.assign(field('key'), { value: 'greeting' });
  Object.assign(field('value'), { value: 'hello' });
  expect(await press('put')).toEqual({ text: expect.stringMatching(/^Stored/), mood: 'good' });
  field('value').value = '';
  expect(await press('get')).toMatchObject({ mood: 'good' });
  expect(field('value').value).toBe('hello');
  expect(await press('delete')).toMatchObject({ mood: 'good' });
  expect(await press('get')).toEqual({ text: expect.stringMatching(/^Nothing/), mood: 'bad' });
});

test('it uses the database that is chosen', async () => {
  const { field, press } = await pageOn();
  field('key').value = 'k';
  field('database').value = '7';
  await press('put');
  field('database').value = '8';
  expect(await press('get')).toMatchObject({ mood: 'bad' });
});

test('it puts only new keys when asked to', async () => {
  const { field, press } = await pageOn();
  field('key').value = 'k';
  field('absent').checked = true;
  expect(await press('put')).toMatchObject({ mood: 'good' });
  expect(await press('put')).toEqual({ text: expect.stringMatching(/left alone/), mood: 'bad' });
});

test('it says in words what the token lacks, and sends the one it is given', async () => {
  const { field, press } = await pageOn({ tokens: fixedTokens('writer\nreader read-only\n') });
  field('key').value = 'k';
  expect((await press('put')).text).toMatch(/asks for a token/);
  field('token').value = 'wrong';
  expect((await press('put')).text).toMatch(/does not know this token/);
  field('token').value = 'reader';
  expect((await press('put')).text).toMatch(/may only read/);
  field('token').value = ' writer ';
  expect(await press('put')).toMatchObject({ mood: 'good' });
});

test('it tells what the server says of a field that does not fit', async () => {
  const { press } = await pageOn();
  expect((await press('get')).text).toContain('key must not be empty');
});

test('it stores a media type and an end, and shows them again', async () => {
  const open = await openApp();
  const { field, press } = openPage(fetchOf(open));
  Object.assign(field('key'), { value: '../a b' });
  Object.assign(field('value'), { value: '{}' });
  Object.assign(field('type'), { value: ' application/json ' });
  Object.assign(field('ttl'), { value: ' 100 ' });
  expect((await press('put')).text).toMatch(/^Stored.* It ends at /);
  expect(await open.store.get(0, '../a b')).toMatchObject({ contentType: 'application/json' });
  field('type').value = '';
  expect((await press('get')).text).toMatch(/^Read: 2 bytes of application\/json.* It ends at /);
  expect([field('type').value, field('value').value]).toEqual(['application/json', '{}']);
  field('ttl').value = 'soon';
  expect(await press('put')).toEqual({ text: expect.stringMatching(/DumbKV-TTL/), mood: 'bad' });
});

test('it shows no bytes as text that are none, and offers them as a file', async () => {
  const open = await openApp();
  const { field, press } = openPage(fetchOf(open));
  await put(open.store, 0, 'k', Buffer.of(255, 0), { contentType: 'image/png' });
  Object.assign(field('key'), { value: 'k' });
  field('value').value = 'left over';
  expect((await press('get')).text).toBe(
    'Read: 2 bytes of image/png, no text, so they are not shown.',
  );
  expect(field('value').value).toBe('');
  expect(field('save')).toMatchObject({ hidden: false, href: 'blob:here', download: 'k' });
  field('key').value = 'other';
  await press('get');
  expect(field('save').hidden).toBe(true);
});

test('it lists keys by prefix, page by page, and reads the one that is pressed', async () => {
  const open = await openApp();
  const { field, press, listed } = openPage(fetchOf(open));
  const value = Buffer.from('v');
  for (let i = 0; i < 130; i += 1) await put(open.store, 0, `a/${i}`, value);
  await put(open.store, 0, 'b', Buffer.from('the value of b'));
  field('prefix').value = 'a/';
  expect((await press('list')).text).toBe('100 keys, and there may be more.');
  expect(field('more').hidden).toBe(false);
  expect((await press('more')).text).toBe('130 keys in all.');
  expect(field('more').hidden).toBe(true);
  expect(new Set(listed().map(({ textContent }) => textContent)).size).toBe(130);
  field('prefix').value = 'b';
  expect((await press('list')).text).toBe('One key in all.');
  const [b] = listed();
  if (b === undefined) throw new Error('nothing is listed');
  expect((await press(b)).mood).toBe('good');
  expect([field('key').value, field('value').value]).toEqual(['b', 'the value of b']);
});

test('it says so where a key is none', async () => {
  const { field, press } = await pageOn();
  field('key').value = 'a\uD800';
  expect(await press('get')).toEqual({ text: 'The key has half a character in it.', mood: 'bad' });
});

test('it shows health', async () => {
  const { field } = await pageOn();
  const health = field('health');
  await waitFor('the health', () => health.className !== '');
  expect([health.className, health.textContent]).toEqual(['good', 'healthy']);
});

test('it says so when the server cannot be reached', async () => {
  const { field, press } = openPage(() => Promise.reject(new TypeError('fetch failed')));
  expect(await press('get')).toEqual({
    text: expect.stringMatching(/cannot be reached/),
    mood: 'bad',
  });
  await waitFor('the health', () => field('health').className === 'bad');
});
