// What the page does: three calls of /kv, the health of the server, and words for whatever goes
// wrong.
// Next: the routes that it calls. It runs in the browser, so it is a text here.

export const script = `
'use strict';
const HEALTH_EVERY_MS = 5000;
const byId = (id) => document.getElementById(id);
const form = byId('form'), output = byId('output'), health = byId('health');
const buttons = [...form.querySelectorAll('button')];

const ADVICE = {
  DKV_TOKEN_MISSING: 'This server asks for a token: put it into the field above.',
  DKV_TOKEN_INVALID: 'The server does not know this token. Was it changed?',
  DKV_TOKEN_READ_ONLY: 'This token may only read: use one that may write.',
  DKV_KEY_NOT_FOUND: 'Nothing is stored under this key in this database.',
  DKV_KEY_EXISTS: 'This key has a value already, and it was left alone.',
  DKV_STORE_FULL: 'The disk of the server is full: reading works, writing does not.',
};

function say(text, mood) {
  output.textContent = text;
  output.className = mood;
}

function saved(name, fresh) {
  try {
    if (fresh !== undefined) sessionStorage.setItem(name, fresh);
    return sessionStorage.getItem(name) || '';
  } catch {
    return '';
  }
}

async function call(method, fields, headers) {
  const token = byId('token').value.trim();
  const reply = await fetch('/kv', {
    method,
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: 'Bearer ' + token } : {}),
      ...headers,
    },
    body: JSON.stringify({ database: Number(byId('database').value || 0), ...fields }),
  });
  const body = await reply.json().catch(() => ({}));
  if (reply.ok) return body;
  throw new Error(ADVICE[body.code] || body.detail || 'The server answered ' + reply.status + '.');
}

const actions = {
  async get(key) {
    const { value } = await call('POST', { key });
    byId('value').value = value;
    say('Read: the value is in its field.', 'good');
  },
  async put(key) {
    const headers = byId('absent').checked ? { 'if-none-match': '*' } : {};
    await call('PUT', { key, value: byId('value').value }, headers);
    say('Stored, and on the disk of the server.', 'good');
  },
  async delete(key) {
    await call('DELETE', { key });
    byId('value').value = '';
    say('Deleted: there is no such key any more.', 'good');
  },
};

async function act(name) {
  if (!form.reportValidity()) return;
  buttons.forEach((button) => { button.disabled = true; });
  say('One moment ...', '');
  try {
    await actions[name](byId('key').value);
  } catch (error) {
    const lost = error instanceof TypeError;
    say(lost ? 'The server cannot be reached. Is it running?' : error.message, 'bad');
  } finally {
    buttons.forEach((button) => { button.disabled = false; });
  }
}

async function look() {
  try {
    const reply = await fetch('/health', { cache: 'no-store' });
    health.className = reply.ok ? 'good' : 'bad';
    health.textContent = reply.ok ? 'healthy' : 'the store is not available';
  } catch {
    health.className = 'bad';
    health.textContent = 'cannot be reached';
  }
  setTimeout(look, HEALTH_EVERY_MS);
}

buttons.forEach((button) => {
  button.addEventListener('click', () => act(button.value));
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  act('get');
});
byId('token').value = saved('token');
byId('token').addEventListener('change', () => saved('token', byId('token').value.trim()));
look();
`;
