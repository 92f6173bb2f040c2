// The web page, as a browser gets it through the Service: one document that loads nothing from
// elsewhere, under a policy that would not let it.
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { HttpAnswer } from './support/caller.ts';
import { useGround } from './support/ground.ts';

const ground = useGround('web-page');
let page: HttpAnswer;

beforeAll(async () => {
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
  page = await (await ground().instance('orders')).open('/');
});

/** The texts between a pair of tags. */
const partsOf = (tag: string) =>
  [...page.body.matchAll(new RegExp(`<${tag}>(.*?)</${tag}>`, 'gs'))].map(([, text]) => text ?? '');

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('GET /', () => {
  it('gives the page', () => {
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.body).toContain('<title>DumbKV</title>');
    for (const name of ['Get', 'Put', 'Delete']) expect(page.body).toContain(`>${name}</button>`);
  });

  it('allows the script and the style that are in it, and nothing else', () => {
    const policy = page.headers['content-security-policy'] ?? '';
    const directives = new Map(
      policy.split('; ').map((one) => [one.split(' ')[0] ?? '', one.split(' ').slice(1)]),
    );
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(partsOf('script').map(hashOf));
    expect(directives.get('style-src')).toEqual(partsOf('style').map(hashOf));
    expect(directives.get('connect-src')).toEqual(["'self'"]);
    expect(policy).not.toContain('unsafe');
  });

  it('loads nothing from elsewhere, and links only to what answers', async () => {
    const orders = await ground().instance('orders');
    const links = [...page.body.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      expect(link).toMatch(/^\/[a-z.]/);
      expect((await orders.open(link)).status).toBe(200);
    }
  });
});
