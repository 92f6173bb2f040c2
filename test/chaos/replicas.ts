// Several servers on one Postgres, each a process with a way to it and a sealing key file of its
// own. Next: `database-faults.ts` makes them suffer, `key-rotation.ts` changes their files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asked, ownPostgres, type PostgresServer } from '../server/support/launched-postgres.ts';
import { launchServer, type ServerProcess } from '../server/support/launched-server.ts';
import { waitFor } from '../server/support/wait-for.ts';
import type { Chance } from './chance.ts';
import { DatabaseWay } from './database-way.ts';
import { HttpClient } from './http-client.ts';
import { KeyRotation } from './key-rotation.ts';
import type { Run } from './proof.ts';

/** So long a start may take while its database comes and goes. */
const START_LIMIT_MS = 120_000;
/** A rotation that was held up goes on after half a minute. */
const ROTATION_LIMIT_MS = 120_000;

interface ReplicaParts {
  readonly run: Run;
  readonly way: DatabaseWay;
  readonly keyFile: string;
  /** How many requests it is sent at one time. */
  readonly connections: number;
}

/** What listens and can be asked. */
export interface Listening {
  readonly url: string;
  readonly client: HttpClient;
}

export class Replica {
  readonly #parts: ReplicaParts;
  #server: ServerProcess | undefined;
  #listening: Listening | undefined;
  #trouble: string | undefined;
  #isOver = false;

  constructor(parts: ReplicaParts) {
    this.#parts = parts;
    parts.run.atEnd(() => {
      this.#isOver = true;
      this.#server?.child.kill('SIGKILL');
      const lines = this.#server?.lines() ?? [];
      writeFileSync(`${parts.keyFile}.log`, lines.map((line) => JSON.stringify(line)).join('\n'));
      parts.way.close();
    });
  }

  get way(): DatabaseWay {
    return this.#parts.way;
  }

  /** Undefined while it does not listen. */
  get listening(): Listening | undefined {
    return this.#listening;
  }

  /** Why it is not as it should be. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Starts its process, and does not wait for it. */
  start(): void {
    if (this.#isOver) throw new Error('the run is over');
    const { run, way, keyFile, connections } = this.#parts;
    const server = launchServer(run.folder, {
      DATABASE_TYPE: 'postgres',
      DATABASE_LOCATION: way.url,
      SEALING_KEY_FILE: keyFile,
    });
    this.#server = server;
    const listen = async () => {
      const url = await server.url(START_LIMIT_MS);
      if (this.#server !== server) return;
      this.#listening = { url, client: new HttpClient(url, connections) };
    };
    const isIn = (cause: string) => {
      if (this.#server === server) this.#trouble = cause;
    };
    listen().catch((error: Error) => isIn(error.message));
    void server.exit().then(() => isIn(`it has ended: ${JSON.stringify(server.lines().at(-1))}`));
  }

  /** Ends its process; gives its exit code. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const [server, listening] = [this.#server, this.#listening];
    this.#server = undefined;
    this.#listening = undefined;
    const code = await server?.end(signal);
    listening?.client.close();
    return code ?? null;
  }
}

export interface ReplicasParts {
  readonly run: Run;
  readonly count: number;
  readonly connections: number;
  /** For what happens to them. */
  readonly chance: Chance;
}

export class Replicas {
  readonly postgres: PostgresServer;
  readonly rotation: KeyRotation;
  readonly #parts: ReplicasParts;
  #all: Replica[] = [];
  #isOver = false;

  private constructor(parts: ReplicasParts, postgres: PostgresServer) {
    this.#parts = parts;
    this.postgres = postgres;
    const keyFiles = Array.from({ length: parts.count }, (_, at) =>
      join(parts.run.folder, `sealing-key-${at}`),
    );
    this.rotation = new KeyRotation(keyFiles, parts.chance);
  }

  /** Starts a Postgres, and so many replicas on it. */
  static async start(parts: ReplicasParts): Promise<Replicas> {
    const { run } = parts;
    const postgres = await ownPostgres();
    const replicas = new Replicas(parts, postgres);
    run.atEnd(() => {
      replicas.#isOver = true;
      return postgres.kill();
    });
    for (const keyFile of replicas.rotation.keyFiles) {
      replicas.#all.push(await replicas.#startOne(keyFile));
    }
    await replicas.untilAllListen();
    return replicas;
  }

  /** Where the database is, past all ways that may break. */
  get databaseUrl(): string {
    return this.postgres.location('postgres');
  }

  get all(): readonly Replica[] {
    return this.#all;
  }

  get listening(): Listening[] {
    return this.#all.flatMap(({ listening }) => (listening === undefined ? [] : [listening]));
  }

  /** Throws where one of them has ended by itself, or does not come to listen. */
  expectNoTrouble(): void {
    const troubles = this.#all.flatMap(({ trouble }) => trouble ?? []);
    if (troubles.length > 0) throw new Error(`a replica: ${troubles.join('; ')}`);
  }

  async untilAllListen(): Promise<void> {
    await waitFor(
      'all replicas to listen',
      () => {
        this.expectNoTrouble();
        return this.listening.length === this.#all.length;
      },
      START_LIMIT_MS,
    );
  }

  /**
   * One statement that runs past all faults; undefined while Postgres is not there. What is asked
   * must do no harm if it is asked twice.
   */
  ask(sql: string): Promise<Record<string, unknown>[] | undefined> {
    return asked(this.databaseUrl, sql).then(
      ({ rows }) => rows,
      () => undefined,
    );
  }

  /** Goes on with the rotation of keys until it is over. */
  async finishRotation(): Promise<void> {
    const step = async () => {
      if (this.rotation.isUnderWay) await this.rotation.step(this.areAllUnder);
      return !this.rotation.isUnderWay;
    };
    await waitFor('the rotation of sealing keys to end', step, ROTATION_LIMIT_MS);
  }

  /** Whether all replicas have this sealing key as their first, and the store needs no other. */
  readonly areAllUnder = async (keyId: string): Promise<boolean> => {
    const { listening } = this;
    if (listening.length < this.#all.length) return false;
    const rows = await this.ask(`SELECT 1 FROM sealing_keys WHERE kek_id <> '${keyId}'`);
    if (rows?.length !== 0) return false;
    const metrics = await Promise.all(
      listening.map(({ client }) => client.send({ method: 'GET', path: '/metrics', headers: {} })),
    );
    return metrics.every(({ text }) => /^dumbkv_sealing_keys\{state="other"\} 0$/m.test(text));
  };

  /** Ends all as they should end, and then Postgres without a word; one with a new file is left. */
  async goOnAfresh(keyLine: string): Promise<Listening> {
    const codes = await Promise.all(this.#all.map((replica) => replica.end('SIGTERM')));
    const wrong = codes.find((code) => code !== 0);
    if (wrong !== undefined) throw new Error(`a replica ended with ${wrong} when it was told to`);
    await this.postgres.crash();
    await this.untilPostgresRuns();
    const keyFile = join(this.#parts.run.folder, 'sealing-key-afresh');
    writeFileSync(keyFile, keyLine);
    const fresh = await this.#startOne(keyFile);
    this.#all = [fresh];
    await this.untilAllListen();
    if (fresh.listening === undefined) throw new Error('it listened, and does no longer');
    return fresh.listening;
  }

  /** Starts it; what is left of one that was killed may be in the way for a moment. */
  async untilPostgresRuns(): Promise<void> {
    let reason: unknown;
    const start = () => {
      if (this.#isOver) throw new Error('the run is over');
      return this.postgres.start().then(
        () => true,
        (error: unknown) => {
          reason = error;
          return false;
        },
      );
    };
    await waitFor('Postgres to start', start).catch((cause: Error) => {
      throw new Error(`${cause.message}: ${reason}`, { cause });
    });
  }

  /** Ends all, and removes what Postgres kept. */
  async close(): Promise<void> {
    await Promise.all(this.#all.map((replica) => replica.end('SIGTERM')));
    await this.postgres.close();
  }

  async #startOne(keyFile: string): Promise<Replica> {
    const { run, chance, connections } = this.#parts;
    const way = await DatabaseWay.open(this.databaseUrl, chance);
    const replica = new Replica({ run, way, keyFile, connections });
    replica.start();
    return replica;
  }
}
