// All peers, in the order of the tables.
// Next: `../workloads.ts` says which of them meet where.
import { dumbkv, few, oneByOne, postgres, postgresFew, unsealed } from './dumbkv.ts';
import { fastifyEcho, httpEcho } from './echo.ts';
import { etcd } from './etcd.ts';
import { fastapi } from './fastapi.ts';
import { fastifyPg } from './fastify-pg.ts';
import type { Peer } from './peer.ts';
import { webdis } from './webdis.ts';

/** The peers; where a Postgres can be started, those that need one are among them. */
export const peersWith = (hasPostgres: boolean): Peer[] => [
  dumbkv,
  unsealed,
  few,
  ...(hasPostgres ? [postgres, oneByOne, postgresFew, fastifyPg] : []),
  fastifyEcho,
  httpEcho,
  fastapi,
  webdis,
  etcd,
];
