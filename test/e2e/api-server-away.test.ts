// The API server is taken away and brought back: instances answer throughout, none of their pods is
// restarted, and afterwards the operator does soon what it is asked.
import { beforeAll, describe, expect, it } from 'vitest';
import { SERVICE } from '../../operator/api/resources.ts';
import { clusterTool } from './support/cluster.ts';
import { useGround } from './support/ground.ts';
import { eventually, PATIENCE_MS } from './support/patience.ts';
import { report, stopwatch } from './support/report.ts';

const ground = useGround('api-server-away');
const AWAY_SECONDS = Number(process.env.DUMBKV_API_AWAY_SECONDS ?? 20);
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const KEPT = '/etc/kubernetes/kube-apiserver.away';
const TOLD = '/var/lib/api-server-away.told';

beforeAll(async () => {
  await ground().applyDumbkv('orders');
  await ground().untilReady('orders');
});

/**
 * Runs on the node: the kubelet ends the API server when its manifest is gone. Tells how many of
 * the requests that were made meanwhile were answered, and how many were not.
 */
const away = (url: string) => `
  rm -f ${TOLD}
  mv ${MANIFEST} ${KEPT}
  while curl -sk -m 1 -o /dev/null https://127.0.0.1:6443/livez; do sleep 0.2; done
  good=0 bad=0 end=$(($(date +%s) + ${AWAY_SECONDS}))
  while [ "$(date +%s)" -lt "$end" ]; do
    if curl -gsf -m 2 -o /dev/null ${url}; then good=$((good + 1)); else bad=$((bad + 1)); fi
    sleep 0.1
  done
  mv ${KEPT} ${MANIFEST}
  echo "$good $bad" > ${TOLD}`;

describe('while the API server is away', () => {
  it('an instance answers each request, and keeps its pod; then all goes on', async () => {
    const before = await ground().podOf('orders');
    const { clusterIP } = (await ground().get(SERVICE, 'orders')).spec;
    const host = clusterIP.includes(':') ? `[${clusterIP}]` : clusterIP;
    const onNode = (script: string) =>
      clusterTool('node', ground().cluster.name, 'sh', '-c', script);
    // by itself, so that it brings the API server back whatever becomes of the test
    const script = away(`http://${host}/health`);
    await onNode(`nohup sh -c '${script}' > /dev/null 2>&1 &`);
    const limitMs = AWAY_SECONDS * 1000 + PATIENCE_MS;
    const said = await eventually('it is told', () => onNode(`cat ${TOLD}`), limitMs);
    const [good = 0, bad = 0] = said.trim().split(' ').map(Number);
    report(`${good} of ${good + bad} requests were answered in ${AWAY_SECONDS} s without it`);
    expect(good).toBeGreaterThan(0);
    expect(bad).toBe(0);
    const took = stopwatch();
    await ground().untilReady('orders');
    const { metadata, status } = await ground().podOf('orders');
    expect(metadata.uid).toBe(before.metadata.uid);
    expect(status.containerStatuses[0].restartCount).toBe(
      before.status.containerStatuses[0].restartCount,
    );
    await ground().applyDumbkv('asked-afterwards');
    await ground().untilReady('asked-afterwards');
    took('after its return a new instance was Ready within');
  });
});
