// The page's script at work: its own text, run with stand-ins for the few elements that it touches.
// Its calls go to a real app; the markup is tested in test/unit/server/page.test.ts.
import { createContext, Script } from 'node:vm';
import { expect, test } from 'vitest';
import { script } from '../../server/page/script.ts';
import { fixedTokens } from './support/fixed-tokens.ts';
import { type OpenApp, openApp } from './support/open-app.ts';
import { waitFor } from './support/wait-for.ts';

/** As much of an element as the script uses. */
interface Element {
  value: string;
  checked: boolean;
  disabled: boolean;
  textContent: string;
  className: string;
  readonly listeners: Map<string, (event: unknown) => void>;
  addEventListener(name: string, listener: (event: unknown) => void): void;
  querySelectorAll(): Element[];
  reportValidity(): boolean;
}

interface Page {
  readonly field: (id: string) => Element;
  /** Presses a button and waits until the page has said something. */
  press(action: 'get' | 'put' | 'delete'): Promise<{ text: string; mood: string }>;
}

function newElement(value: string, buttons: Element[]): Element {
  const listeners = new Map<string, (event: unknown) => void>();
  return {
    value,
    checked: false,
    disabled: false,
    textContent: '',
    className: '',
    listeners,
    addEventListener: (name, listener) => void listeners.set(name, listener),
    querySelectorAll: () => buttons,
    reportValidity: () => true,
  };
}

type Fetch = (url: string, options?: RequestInit) => Promise<Response>;

/** The browser's `fetch`, led to the app. */
const fetchOf =
  ({ send }: OpenApp): Fetch =>
  async (url, options = {}) => {
    const reply = await send({
      url,
      method: (options.method ?? 'GET') as 'GET',
      headers: (options.headers ?? {}) as Record<string, string>,
      ...(typeof options.body === 'string' ? { payload: options.body } : {}),
    });
    return new Response(reply.body, { status: reply.statusCode });
  };

function openPage(fetchFromHere: Fetch): Page {
  const buttons = ['get', 'put', 'delete'].map((value) => newElement(value, []));
  const elements = new Map<string, Element>();
  const field = (id: string): Element => {
    const found = elements.get(id) ?? newElement('', buttons);
    elements.set(id, found);
    return found;
  };
  const stored = new Map<string, string>();
  const context = createContext({
    fetch: fetchFromHere,
    TypeError,
    setTimeout: () => 0,
    document: { getElementById: field },
    sessionStorage: {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, value: string) => void stored.set(name, value),
    },
  });
  new Script(script).runInContext(context);
  return {
    field,
    press: async (action) => {
      const output = field('output');
      output.className = '';
      buttons.find(({ value }) => value === action)?.listeners.get('click')?.({});
      await waitFor('the page to answer', () => output.className !== '');
      await waitFor('the buttons', () => buttons.every(({ disabled }) => !disabled));
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
