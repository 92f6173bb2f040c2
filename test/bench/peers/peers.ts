// All peers, in the order of the tables.
// Next: `../workloads.ts` says which of them meet where.
import { dumbkv, onPostgres, unsealed } from './dumbkv.ts';
import { fastifyEcho, httpEcho } from './echo.ts';
import { etcd } from './etcd.ts';
import { fastapi } from './fastapi.ts';
import type { Peer } from './peer.ts';
import { webdis } from './webdis.ts';

/** The peers; with a URL of a database the server on Postgres is one of them. */
export const peersWith = (postgresUrl: string | undefined): Peer[] => [
  dumbkv,
  unsealed,
  ...(postgresUrl === undefined ? [] : [onPostgres(postgresUrl)]),
  fastifyEcho,
  httpEcho,
  fastapi,
  webdis,
  etcd,
];
