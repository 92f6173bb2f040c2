// No token and no key ever leaves its Secret: markers are planted in them, and nothing that anybody
// may read holds one, whatever goes wrong.
import { describe, expect, it } from 'vitest';
import { CLAIM, SECRET } from '../../../../operator/api/resources.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import {
  base64,
  boundClaim,
  dumbkv,
  ownTokenSecret,
  SEALING_KEY,
  sealingSecretAsRead,
  userTokenSecret,
} from '../../../support/objects.ts';
import { refusal } from '../../../support/recording-client.ts';
import { KINDS } from './kinds.ts';
import { World } from './world.ts';

const MARKER = 'marker-that-nobody-may-see';
const KEY_MARKER = Buffer.from(SEALING_KEY).toString('base64');
const NAMED = { auth: { tokenSecretRef: { name: 'my-tokens' } } };

/** Every way in which a secret could be written down. */
const spellings = (secret: string): string[] => [
  secret,
  base64(secret),
  base64(secret).replaceAll('=', ''),
  Buffer.from(secret).toString('hex'),
  encodeURIComponent(secret),
];

/** What the Secrets of a world hold, field by field, without the mark, which is no secret. */
function secretsIn(world: World): string[] {
  const secrets = world.client.peekAll(SECRET) as (KubeObject & {
    data?: Record<string, string>;
  })[];
  return secrets.flatMap(({ data }) => {
    const { 'store-made': _, ...hidden } = data ?? {};
    return Object.values(hidden).map((value) => Buffer.from(value, 'base64').toString().trim());
  });
}

function expectSecrecy(world: World, thrown: unknown, secrets = secretsIn(world)): void {
  const { message = '', stack = '', ...fields } = (thrown ?? {}) as Error;
  const text = `${world.publicText}${message}${stack}${JSON.stringify(fields)}`;
  expect(secrets.length).toBeGreaterThan(0);
  for (const spelling of secrets.flatMap(spellings)) expect(text).not.toContain(spelling);
}

const thrownBy = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(KINDS)('with %s', (_sentence, make) => {
  it('nothing tells what the Secrets hold', async () => {
    const world = await make().settle();
    expectSecrecy(world, undefined);
  });
});

const planted: [string, object, KubeObject[]][] = [
  ['a token of the user', NAMED, [userTokenSecret({}, MARKER)]],
  ['a token without its label', NAMED, [userTokenSecret({ metadata: { labels: null } }, MARKER)]],
  ['a token behind comments only', NAMED, [userTokenSecret({}, `# ${MARKER}`)]],
  [
    'a token in another field',
    NAMED,
    [userTokenSecret({ data: { token: null, password: base64(MARKER) } })],
  ],
  ['our token', {}, [ownTokenSecret({}, MARKER)]],
  [
    'a key that cannot be read',
    {},
    [sealingSecretAsRead({ data: { 'sealing-key': base64(MARKER) } })],
  ],
  ['a key beside its owner', {}, [sealingSecretAsRead({ metadata: { labels: null } })]],
];

describe('planted in a Secret', () => {
  it.each(planted)('%s is seen nowhere', async (_case, spec, secrets) => {
    const world = new World(dumbkv({ spec }));
    world.client.put(CLAIM, boundClaim());
    for (const secret of secrets) world.client.put(SECRET, secret);
    const thrown = await thrownBy(world.run());
    expectSecrecy(world, thrown, [MARKER, KEY_MARKER]);
  });

  it.each(['create', 'mergePatch'] as const)(
    'it is not in the words of an API server that refuses to %s it',
    async (verb) => {
      for (const [code, reason] of [
        [400, 'BadRequest'],
        [422, 'Invalid'],
      ] as const) {
        const world = new World();
        const message = `Secret is invalid: data: "${MARKER}" ${KEY_MARKER}`;
        const details = { causes: [{ message: MARKER }] };
        const path = '/api/v1/namespaces/shop/secrets/orders-sealing';
        if (verb === 'mergePatch') {
          world.client.put(CLAIM, boundClaim());
          world.client.put(SECRET, sealingSecretAsRead({ metadata: { labels: null } }));
        }
        world.client.refuse(
          verb,
          'Secret',
          refusal('POST', path, code, reason, { message, details }),
        );
        const thrown = await thrownBy(world.run());
        expect(world.condition('Stalled')).toBe('True ChildRejected');
        expectSecrecy(world, thrown, [MARKER, KEY_MARKER]);
      }
    },
  );

  it('it is in no pod: the pod is told only where the files lie', async () => {
    const world = await new World().settle();
    expect(world.publicText).toContain('/etc/dumbkv/tokens/token');
    expectSecrecy(world, undefined);
  });
});

describe('what is made at random', () => {
  it('differs from instance to instance', async () => {
    const worlds = await Promise.all([new World().settle(), new World().settle()]);
    const all = worlds.flatMap(secretsIn);
    expect(all).toHaveLength(4);
    expect(new Set(all).size).toBe(4);
  });

  it('is a token of 32 random bytes, fit for a header', async () => {
    const world = await new World().settle();
    const token = secretsIn(world).find((secret) => /^[A-Za-z0-9_-]{43}$/.test(secret));
    expect(token).toBeDefined();
  });
});
