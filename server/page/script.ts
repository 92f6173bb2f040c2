// What the page does: calls of /v1 for one entry and for the list of keys, the health of the
// server, and words for whatever goes wrong.
// Next: the routes that it calls. It runs in the browser, so it is a text here.

export const script = `
'use strict';
const HEALTH_EVERY_MS = 5000;
const TEXT_TYPE = 'text/plain; charset=utf-8';
const byId = (id) => document.getElementById(id);
const output = byId('output'), health = byId('health'), list = byId('keys'), save = byId('save');

const ADVICE = {
  DKV_TOKEN_MISSING: 'This server asks for a token: put it into the field above.',
  DKV_TOKEN_INVALID: 'The server does not know this token. Was it changed?',
  DKV_TOKEN_READ_ONLY: 'This token may only read: use one that may write.',
  DKV_KEY_NOT_FOUND: 'Nothing is stored under this key in this database.',
  DKV_PRECONDITION_FAILED: 'This key has a value already, and it was left alone.',
  DKV_CURSOR_GONE: 'The store was restored meanwhile: list the keys anew.',
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

async function call(method, path, options) {
  const token = byId('token').value.trim();
  const { headers, body } = options || {};
  const database = encodeURIComponent(byId('database').value || 0);
  const reply = await fetch('/v1/databases/' + database + path, {
    method,
    cache: 'no-store',
    headers: { ...(token ? { authorization: 'Bearer ' + token } : {}), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  if (reply.ok) return reply;
  const problem = await reply.json().catch(() => ({}));
  const known = ADVICE[problem.code] || problem.detail;
  throw new Error(known || 'The server answered ' + reply.status + '.');
}

// in the query, since browsers walk the path where a key is a dot or two
const entryPath = (key) => '/keys?key=' + encodeURIComponent(key);

function endOf(reply) {
  const end = reply.headers.get('dumbkv-expires-at');
  return end ? ' It ends at ' + new Date(end).toLocaleString() + '.' : '';
}

function textOf(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function offer(key, bytes) {
  URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  save.download = key;
  save.hidden = false;
}

let cursor = '', listed = '';

function show(keys) {
  for (const { key, expiresAt } of keys) {
    const item = document.createElement('li'), button = document.createElement('button');
    button.type = 'button';
    button.textContent = key;
    button.title = expiresAt ? 'ends at ' + new Date(expiresAt).toLocaleString() : '';
    button.addEventListener('click', () => {
      byId('key').value = key;
      act('get');
    });
    item.append(button);
    list.append(item);
  }
}

const actions = {
  async get(key) {
    const reply = await call('GET', entryPath(key));
    const bytes = await reply.arrayBuffer(), text = textOf(bytes);
    const type = reply.headers.get('content-type') || '';
    const isText = text !== undefined;
    byId('value').value = isText ? text : '';
    byId('type').value = type === TEXT_TYPE ? '' : type;
    offer(key, bytes);
    const what = bytes.byteLength + ' bytes of ' + type;
    const where = isText ? 'in the field of values.' : 'no text, so they are not shown.';
    say('Read: ' + what + ', ' + where + endOf(reply), 'good');
  },
  async put(key) {
    const ttl = byId('ttl').value.trim();
    const reply = await call('PUT', entryPath(key), {
      headers: {
        'content-type': byId('type').value.trim() || TEXT_TYPE,
        ...(ttl ? { 'dumbkv-ttl': ttl } : {}),
        ...(byId('absent').checked ? { 'if-none-match': '*' } : {}),
      },
      body: byId('value').value,
    });
    say('Stored, and on the disk of the server.' + endOf(reply), 'good');
  },
  async delete(key) {
    await call('DELETE', entryPath(key));
    byId('value').value = '';
    say('Deleted: there is no such key any more.', 'good');
  },
  async list() {
    listed = byId('prefix').value;
    cursor = '';
    list.replaceChildren();
    await actions.more();
  },
  async more() {
    const query = new URLSearchParams({ prefix: listed, ...(cursor ? { cursor } : {}) });
    const page = await (await call('GET', '/keys?' + query)).json();
    show(page.keys);
    cursor = page.cursor || '';
    byId('more').hidden = cursor === '';
    const count = list.children.length;
    const rest = cursor ? ', and there may be more.' : ' in all.';
    say(count === 1 ? 'One key' + rest : count + ' keys' + rest, 'good');
  },
};

let isBusy = false;

async function act(name) {
  // not by disabling the buttons: who uses the keyboard would lose the place
  if (isBusy) return;
  isBusy = true;
  save.hidden = true;
  say('One moment ...', '');
  try {
    await actions[name](byId('key').value);
  } catch (error) {
    const lost = error instanceof TypeError;
    const halved = error instanceof URIError;
    const why = halved ? 'The key has half a character in it.' : error.message;
    say(lost ? 'The server cannot be reached. Is it running?' : why, 'bad');
  } finally {
    isBusy = false;
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

for (const [id, usual] of [['form', 'get'], ['list-form', 'list']]) {
  const form = byId(id);
  form.querySelectorAll('button').forEach((button) => {
    button.addEventListener('click', () => act(button.value));
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    act(usual);
  });
}
byId('token').value = saved('token');
byId('token').addEventListener('change', () => saved('token', byId('token').value.trim()));
look();
`;
