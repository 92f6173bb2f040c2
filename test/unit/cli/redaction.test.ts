// What redaction takes out, and what it leaves, since a report that says nothing helps nobody.
import { describe, expect, it } from 'vitest';
import { redactedObject, scrubbed, secretWords } from '../../../cli/report/redaction.ts';

const secret = (values: Record<string, string>) => ({
  data: Object.fromEntries(
    Object.entries(values).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  ),
});

describe('the words of Secrets', () => {
  it('are all that they hold, but for comments, accesses and what is too short', () => {
    const words = secretWords([secret({ token: '# the shop team\nfirst-one read-only\nabc\n' })]);
    expect(words).toContain('first-one');
    expect(words).toContain(btoa('first-one'));
    for (const word of ['read-only', 'abc', '#', 'team']) expect(words).not.toContain(word);
  });

  it('have the password of a URL as it stands and as it is meant, longest first', () => {
    const words = secretWords([secret({ url: 'postgres://me:p%40ssword@db/me' })]);
    expect(words).toEqual(expect.arrayContaining(['p%40ssword', 'p@ssword']));
    const lengths = words.map(({ length }) => length);
    expect(lengths).toEqual([...lengths].sort((one, other) => other - one));
  });

  it('bear a password that is no valid encoding', () => {
    expect(secretWords([secret({ url: 'postgres://me:100%zz-sure@db/me' })])).toContain(
      '100%zz-sure',
    );
  });

  it('may be none', () => {
    expect(secretWords([{}, secret({})])).toEqual([]);
    // the id of the store stands on all that is the instance's, and a report without it says little
    expect(secretWords([secret({ 'store-made': '8d2c6d6e-0b7e-4f8e-9f62-2b1f0f4ad0c1' })])).toEqual(
      [],
    );
  });
});

describe('a text', () => {
  it.each([
    ['https://me:pass@example.com/a', 'https://[redacted]@example.com/a'],
    ['"authorization":"Bearer abc.def-123"', '"authorization":"Bearer [redacted]"'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [redacted]'],
    ['password=letmein and more', 'password=[redacted] and more'],
    ['{"token":"letmein"}', '{"token":"[redacted]"}'],
    ['x eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln y', 'x [redacted] y'],
    [`key ${'0a1b2c3d'.repeat(8)} end`, 'key [redacted] end'],
    ['AbCdEfGhIjKlMnOpQrStUvWxYz0123456789AbCdEfG=', '[redacted]'],
  ])('loses what has the form of a secret: %s', (text, left) => {
    expect(scrubbed(text, [])).toBe(left);
  });

  it.each([
    'orders-5d9c7b8f6d-x7k2p of shop/orders',
    '6a1f0d2c-8f3e-4b57-9c1d-2e4f6a8b0c1d',
    `registry.example.com/team/server@sha256:${'0a1b2c3d'.repeat(8)}`,
    'http://orders.shop.svc:8000/kv',
    'traceparent 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'The Secret "orders-token" holds no token in the field "token".',
  ])('keeps what is none: %s', (text) => {
    expect(scrubbed(text, [])).toBe(text);
  });

  it('loses given words wherever they stand', () => {
    expect(scrubbed('a-word,xa-wordy', ['a-word'])).toBe('[redacted],x[redacted]y');
  });
});

describe('an object', () => {
  it('keeps our annotations and loses the values of others', () => {
    const annotations = {
      'dumbkv.dev/applied-hash': 'abc',
      'kubectl.kubernetes.io/last-applied-configuration': '{"secret":true}',
      'example.com/key': 'value',
    };
    expect(redactedObject({ metadata: { annotations, managedFields: [{}] } })).toEqual({
      metadata: {
        annotations: {
          'dumbkv.dev/applied-hash': 'abc',
          'kubectl.kubernetes.io/last-applied-configuration': '[redacted]',
          'example.com/key': '[redacted]',
        },
      },
    });
  });

  it('looks into objects that our annotations hold as text', () => {
    const kept = { template: { metadata: { annotations: { 'example.com/key': 'value' } } } };
    const annotations = {
      'dumbkv.dev/pods': JSON.stringify(kept),
      'dumbkv.dev/cut': '{"annotations": {"a"',
    };
    expect(redactedObject({ annotations })).toEqual({
      annotations: {
        'dumbkv.dev/pods': JSON.stringify(kept).replace('value', '[redacted]'),
        'dumbkv.dev/cut': '[redacted]',
      },
    });
  });

  it('keeps settings that we make, and loses those of other containers', () => {
    const reference = { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } };
    const containers = [
      { name: 'server', args: ['main.js'], env: [{ name: 'PORT', value: '8000' }, reference] },
      { name: 'sidecar', args: ['--key=x'], env: [{ name: 'KEY', value: 'x' }, { name: 'NONE' }] },
    ];
    expect(redactedObject({ containers })).toEqual({
      containers: [
        containers[0],
        {
          name: 'sidecar',
          args: ['[redacted]'],
          env: [{ name: 'KEY', value: '[redacted]' }, { name: 'NONE' }],
        },
      ],
    });
  });

  it('loses all data, and is otherwise as it was', () => {
    const object = { data: { a: 'b' }, stringData: { c: 'd' }, spec: { list: [1, null, 'x'] } };
    expect(redactedObject(object)).toEqual({
      data: { a: '[redacted]' },
      stringData: { c: '[redacted]' },
      spec: { list: [1, null, 'x'] },
    });
    const odd = { annotations: null, env: ['x'], data: 'text', command: 'text' };
    expect(redactedObject(odd)).toEqual(odd);
  });
});
