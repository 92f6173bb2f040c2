// Postgres behind Fastify with a query for each request: what people would otherwise write.
// Next: `../servers/fastify-pg.ts`.
import { fileURLToPath } from 'node:url';
import { kvContract, type Peer } from './peer.ts';
import { locationOf, postgresCommand } from './postgres.ts';

const SERVER = fileURLToPath(new URL('../servers/fastify-pg.ts', import.meta.url));

export const fastifyPg: Peer = {
  name: 'fastify-pg',
  title: 'Fastify, pg',
  keeps: 'durably',
  readyPath: '/health/ready',
  commands: (place) => [
    postgresCommand(place),
    {
      run: [process.execPath, SERVER, String(place.port), locationOf(place)],
      env: { NODE_ENV: 'production' },
    },
  ],
  ...kvContract(),
};
