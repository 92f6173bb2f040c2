// The server from start to end: settings, store, app, listening; at the end all of it in reverse.
// Next: `config.ts`, `store/open.ts` or `store/postgres/open.ts`, `app.ts`, `serve.ts`.
import { once } from 'node:events';
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { areTracesWanted, type Config, misspeltSettings, readConfig } from './config.ts';
import { messageOf, StartError } from './errors.ts';
import { isLoopback, localNames } from './heads.ts';
import { limits } from './limits.ts';
import { openCallers } from './open-callers.ts';
import { listen, shutDown } from './serve.ts';
import { releaseStartMemory } from './start-memory.ts';
import type { Store } from './store/store.ts';
import type { Tracing } from './tracing.ts';

// written at once and in order: the last line of a process must not be lost with it
const log = pino({ base: null }, pino.destination({ dest: 1, sync: true }));

/** What has to be closed, the last opened first. */
const closers: (() => Promise<void> | void)[] = [];

let started = false;

/** Serves until `stop` is aborted and all is closed. Rejects when it cannot start or go on. */
export async function run(stop: AbortSignal): Promise<void> {
  const config = readConfig();
  // Before the level is set: no level may hide these.
  if (config.tokensFile === undefined && config.oidcIssuer === undefined) {
    log.warn('TOKENS_FILE is not set: everybody who gets here may call');
  }
  for (const { name, meant } of misspeltSettings()) {
    log.warn({ name }, `a variable of this name is no setting, and passed over: is it ${meant}?`);
  }
  log.level = config.logLevel;
  await Promise.race([serve(config, stop), overdue(stop)]);
  log.info('shut down');
}

async function serve(config: Config, stop: AbortSignal): Promise<void> {
  try {
    stop.throwIfAborted();
    await start(config, stop);
    started = true;
  } catch (error) {
    await close().catch(() => {});
    if (stop.aborted) return;
    throw error;
  }
  if (!stop.aborted) await once(stop, 'abort');
  await close();
}

async function start(config: Config, stop: AbortSignal): Promise<void> {
  const tracing = await openTracing();
  const tokens = await openCallers(config, log);
  if (tokens !== undefined) closers.unshift(() => tokens.close());
  const store = await openConfigured(config, stop);
  closers.unshift(() => store.close());
  const allowedOrigins = config.allowedOrigins ?? [];
  const isOpen = tokens === undefined;
  const names = isOpen && isLoopback(config.host) ? localNames(allowedOrigins) : undefined;
  const { requestLog } = config;
  const deps = { store, tokens, allowedOrigins, names, rate: rateOf(config), requestLog, tracing };
  const app = await buildApp({ ...deps, log });
  closers.unshift(() => shutDown(app));
  stop.throwIfAborted();
  await listen(app, config.host, config.port);
  releaseStartMemory();
}

/** Loaded only where it is asked for: memory counts. */
async function openTracing(): Promise<Tracing | undefined> {
  if (!areTracesWanted()) return undefined;
  const { startTracing } = await import('./tracing.ts');
  const tracing = startTracing(log);
  closers.unshift(() => tracing.close());
  return tracing;
}

function rateOf({ rateLimitPerSecond: perSecond, rateLimitBurst: burst }: Config) {
  return perSecond === undefined ? undefined : { perSecond, burst: burst ?? perSecond };
}

/** Opens the store on the engine that is set; only that one is loaded. */
async function openConfigured(config: Config, stop: AbortSignal): Promise<Store> {
  const {
    databaseLocation: location,
    databaseLocationFile: file,
    storeId,
    sealingKeyFile,
  } = config;
  if (config.databaseType === 'sqlite') {
    const { openStore } = await import('./store/open.ts');
    return openStore({ location, storeId, sealingKeyFile }, log, stop);
  }
  // `database-settings.ts` has seen to that
  if (sealingKeyFile === undefined) throw new Error('Postgres without SEALING_KEY_FILE');
  const { openPostgres } = await import('./store/postgres/open.ts');
  const { databasePoolMax: poolMax, databasePoolIdle: poolIdle } = config;
  const place = file === undefined ? { url: location } : { file };
  return openPostgres({ ...place, poolMax, poolIdle, storeId, sealingKeyFile }, log, stop);
}

async function close(): Promise<void> {
  for (const closer of closers.splice(0)) await closer();
}

/** Rejects when a shutdown takes too long. */
async function overdue(stop: AbortSignal): Promise<never> {
  if (!stop.aborted) await once(stop, 'abort');
  log.info({ signal: stop.reason }, 'shutting down');
  return new Promise((_, reject) => {
    const late = () => reject(new Error('the shutdown took too long'));
    setTimeout(late, limits.shutdownTimeoutMs).unref();
  });
}

/** The last log line of a process that cannot go on: short, for the operator reads its code. */
export function logFailure(error: unknown): void {
  const known = error instanceof StartError;
  if (!known) log.error({ err: error }, 'unforeseen');
  const unforeseen = started ? 'DKV_INTERNAL' : 'DKV_START_FAILED';
  const code = known ? error.code : unforeseen;
  log.fatal({ code }, messageOf(error).slice(0, limits.fatalMessageCharactersMax));
}
