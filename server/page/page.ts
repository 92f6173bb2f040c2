// The page at `/`, put together once: it loads nothing from elsewhere, and its policy allows
// nothing else.
// Next: `../routes/page.ts` serves it.
import { createHash } from 'node:crypto';
import { limits } from '../limits.ts';
import { script } from './script.ts';
import { style } from './style.ts';

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="7" fill="#2456c9"/>
<circle cx="11" cy="16" r="5" fill="none" stroke="#fff" stroke-width="3"/>
<path d="M16 16h11M22 16v5M26 16v4" stroke="#fff" stroke-width="3" fill="none"/>
</svg>
`;

const body = `<main>
<header><h1>DumbKV</h1><span id="health" role="status">looking ...</span></header>
<form id="form" autocomplete="off" novalidate>
<label>Token <small>needed if this server asks for one; kept until this tab closes</small>
<input id="token" type="password" autocomplete="off" spellcheck="false"></label>
<div class="pair">
<label>Key <input id="key" required autocapitalize="none" spellcheck="false"></label>
<label>Database
<input id="database" type="number" min="0" max="${limits.databaseMax}" step="1" value="0"></label>
</div>
<label>Value <textarea id="value" spellcheck="false"></textarea></label>
<div class="pair">
<label>Content type
<input id="type" list="types" placeholder="text/plain; charset=utf-8" spellcheck="false"></label>
<label>Ends after <input id="ttl" inputmode="decimal" placeholder="seconds"></label>
</div>
<datalist id="types"><option value="application/json"><option value="text/html">
<option value="text/markdown"><option value="application/octet-stream"></datalist>
<label class="check"><span>
<input id="absent" type="checkbox"> put only if the key is new</span></label>
<div class="actions">
<button type="button" class="main" value="get">Get</button>
<button type="button" value="put">Put</button>
<button type="button" value="delete">Delete</button>
</div>
<output id="output" aria-live="polite">Give a key, then get, put or delete it.</output>
<a id="save" hidden>Save the value as a file</a>
</form>
<form id="list-form" autocomplete="off" novalidate>
<label>Keys that begin with
<input id="prefix" placeholder="anything" autocapitalize="none" spellcheck="false"></label>
<div class="actions"><button type="button" value="list">List</button></div>
<ul id="keys" aria-label="Keys"></ul>
<div class="actions"><button type="button" id="more" value="more" hidden>More</button></div>
</form>
<footer>For programs: <a href="/docs">how to call</a>, <a href="/openapi.json">OpenAPI</a>,
<a href="/metrics">metrics</a>.</footer>
</main>`;

export const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DumbKV</title>
<link rel="icon" href="/favicon.ico" type="image/svg+xml">
<style>${style}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`;

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/**
 * The Content-Security-Policy of the page: its own script and style, calls to its own server,
 * nothing else.
 */
export const pagePolicy = [
  "default-src 'none'",
  `script-src ${hashOf(script)}`,
  `style-src ${hashOf(style)}`,
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
