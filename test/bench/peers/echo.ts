// The echoes: what Node and Fastify take by themselves, before anything is kept.
// Next: `../servers/`.
import { fileURLToPath } from 'node:url';
import { kvContract, type Peer } from './peer.ts';

const echo = (name: string, title: string): Peer => {
  const contract = kvContract();
  return {
    name,
    title,
    keeps: 'none',
    readyPath: '/health/ready',
    commands: ({ port }) => [
      {
        run: [
          process.execPath,
          fileURLToPath(new URL(`../servers/${name}.ts`, import.meta.url)),
          String(port),
        ],
        env: { NODE_ENV: 'production' },
      },
    ],
    ...contract,
    // one value serves for all keys
    fill: ({ keys, value }) => contract.fill({ keys: keys.slice(0, 1), value }),
  };
};

export const fastifyEcho = echo('fastify-echo', 'Fastify echo');
export const httpEcho = echo('http-echo', 'node:http echo');
