// The operator's process: settings, client, health and metrics servers, signals; nothing else.
// The walk goes on in operator.ts.
import { systemClock } from './clock.ts';
import { operatorConfig } from './config.ts';
import { healthz, metricsPage, readyz, startHealthServer } from './health.ts';
import { createKubeClient } from './kube/create-client.ts';
import { loadCredentials } from './kube/credentials.ts';
import { createTransport } from './kube/transport.ts';
import { createLogger } from './log.ts';
import { Metrics } from './metrics.ts';
import { Operator } from './operator.ts';
import { isOwnCluster, probe } from './reconcile/probe.ts';
import { readVolumeRoom } from './reconcile/volume-probe.ts';

async function main(): Promise<void> {
  const config = operatorConfig(process.env);
  const log = createLogger(config.LOG_LEVEL);
  const metrics = new Metrics('dumbkv');
  const credentials = await loadCredentials();
  const onRequest = metrics.request.bind(metrics);
  const transport = createTransport({ credentials, userAgent: 'dumbkv-operator', onRequest });
  const isInside = isOwnCluster(credentials.serverUrl, config.KUBERNETES_SERVICE_HOST);
  const operator = new Operator({
    config,
    client: createKubeClient(transport),
    clock: systemClock,
    random: Math.random,
    log,
    metrics,
    probe: isInside ? probe : undefined,
    readVolumeRoom,
  });
  const probes = {
    '/healthz': healthz,
    '/readyz': () => readyz(operator.watchStates(), systemClock.nowMs()),
  };
  const scrapes = { '/metrics': () => metricsPage(() => metrics.text()) };
  const servers = await Promise.all([
    startHealthServer(probes, config.HEALTH_PORT),
    startHealthServer(scrapes, config.METRICS_PORT),
  ]);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'stopping: what has been begun is finished');
      stopping.abort();
    });
  }
  log.info({ server: credentials.serverUrl, namespaces: config.WATCH_NAMESPACES }, 'started');
  await operator.run(stopping.signal);
  await Promise.all([...servers.map((server) => server.close()), transport.close()]);
  log.info('stopped');
  // a name that is being looked up, or work that does not end, must not hold the process
  process.exit(0);
}

main().catch((error: unknown) => {
  createLogger('info').fatal({ err: error }, error instanceof Error ? error.message : 'failed');
  process.exit(1);
});
