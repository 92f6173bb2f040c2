// The server: settings, store, app, listening; at the end all of it in reverse.
// Next: `config.ts`, `store/open.ts`, `app.ts`, `serve.ts`.
import { pino } from 'pino';
import { buildApp } from './app.ts';
import { type Config, helpText, readConfig } from './config.ts';
import { messageOf, StartError } from './errors.ts';
import { limits } from './limits.ts';
import { listen, shutDown } from './serve.ts';
import { openStore } from './store/open.ts';
import { openTokens } from './tokens.ts';

const log = pino({ base: null });

/** What has to be closed, the last opened first. */
const closers: (() => Promise<void> | void)[] = [];
const stop = new AbortController();

async function start(config: Config): Promise<void> {
  const tokens = config.tokensFile === undefined ? undefined : openTokens(config.tokensFile, log);
  if (tokens !== undefined) closers.unshift(tokens.close);
  const { databaseLocation: location, storeId, sealingKeyFile } = config;
  const store = await openStore({ location, storeId, sealingKeyFile }, log, stop.signal);
  closers.unshift(() => store.close());
  const allowedOrigins = config.allowedOrigins ?? [];
  const app = await buildApp({ store, tokens, allowedOrigins, log });
  closers.unshift(() => shutDown(app));
  await listen(app, config.host, config.port);
}

async function close(): Promise<void> {
  for (const closer of closers.splice(0)) await closer();
}

function onSignal(signal: NodeJS.Signals): void {
  if (stop.signal.aborted) return;
  log.info({ signal }, 'shutting down');
  setTimeout(() => fail('the shutdown took too long'), limits.shutdownTimeoutMs).unref();
  stop.abort();
  // A start under way sees the signal itself.
  if (started) void close().then(finish, fail);
}

function finish(): void {
  log.info('shut down');
  process.exit(0);
}

/** The last log line of a process that cannot go on: short, for the operator reads its code. */
function fail(error: unknown): void {
  const known = error instanceof StartError;
  if (!known) log.error({ err: error }, 'unforeseen');
  const unforeseen = started ? 'DKV_INTERNAL' : 'DKV_START_FAILED';
  const code = known ? error.code : unforeseen;
  log.fatal({ code }, messageOf(error).slice(0, limits.fatalMessageCharactersMax));
  process.exit(1);
}

let started = false;

if (process.argv.includes('--help')) {
  process.stdout.write(helpText());
} else {
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  process.on('uncaughtException', fail);
  try {
    const config = readConfig();
    // Before the level is set: no level may hide it.
    if (config.tokensFile === undefined) {
      log.warn('TOKENS_FILE is not set: everybody who gets here may call');
    }
    log.level = config.logLevel;
    await start(config);
    started = true;
    if (stop.signal.aborted) await close().then(finish);
  } catch (error) {
    await close().catch(() => {});
    if (stop.signal.aborted) finish();
    fail(error);
  }
}
