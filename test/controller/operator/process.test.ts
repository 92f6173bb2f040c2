// The operator as a process: its settings, its pages, its signals, and an API server that is away
// for a while. What it does to instances is tested in the other files of this folder.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV } from '../../../operator/api/resources.ts';
import { LEASE } from '../../../operator/kube/lease-record.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { OperatorProcess } from '../../support/operator-process.ts';
import { SERVER_IMAGE } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';

const controlPlane = useControlPlane();
const processes: OperatorProcess[] = [];
/**
 * Where the Lease is: another place for each test, so that none waits for the Lease of a dead one.
 */
let home: Place;

beforeEach(async () => {
  home = await makePlace(controlPlane(), 'home');
});
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.end('SIGKILL')));
});

async function start(environment: NodeJS.ProcessEnv): Promise<OperatorProcess> {
  const started = await OperatorProcess.start(environment);
  processes.push(started);
  return started;
}

/** The settings of a process that has all it needs. */
const wellSet = (): NodeJS.ProcessEnv => ({
  ...{ KUBECONFIG: controlPlane().kubeconfigPath, POD_NAMESPACE: home.namespace },
  ...{ SERVER_IMAGE, POD_NAME: 'operator-1', LOG_LEVEL: 'debug' },
});

const startWell = () => start(wellSet());

const holder = async (): Promise<string> =>
  (await home.get(LEASE, 'dumbkv-operator')).spec.holderIdentity;

describe('settings that are wrong', () => {
  it('end the process with 1, and every mistake is named', async () => {
    const wrong = await start({
      ...{ LEADER_ELECTION: 'maybe', LOG_LEVEL: 'loud', HEALTH_PORT: '70000' },
    });
    expect(await wrong.ended()).toBe(1);
    expect(wrong.errors).toBe('');
    expect(wrong.log).toHaveLength(1);
    const [{ level, msg, err }] = wrong.log as [Record<string, Record<string, unknown>>];
    expect(level).toBe('fatal');
    expect(err?.code).toBe('DKV_CONFIG_INVALID');
    for (const sentence of [
      'SERVER_IMAGE must be set',
      'LEADER_ELECTION must be true or false',
      'LOG_LEVEL must be one of trace, debug, info, warn, error, fatal',
      'HEALTH_PORT must be a port, from 0 to 65535',
    ]) {
      expect(msg).toContain(sentence);
    }
  });

  it('that lead to no cluster end the process with 1', async () => {
    const lost = await start({ SERVER_IMAGE, KUBECONFIG: '/nowhere/kubeconfig' });
    expect(await lost.ended()).toBe(1);
    expect(lost.log.at(-1)).toMatchObject({
      ...{ level: 'fatal', err: { code: 'DKV_KUBE_CREDENTIALS' } },
      msg: expect.stringContaining('check the file that KUBECONFIG names'),
    });
  });

  it('that name a port which is taken end the process with 1', async () => {
    const first = await startWell();
    await first.ready();
    const port = new URL(controlPlane().serverUrl).port;
    const second = await start({ ...wellSet(), METRICS_PORT: port });
    expect(await second.ended()).toBe(1);
    expect(second.log.at(-1)?.msg).toBe(`cannot listen on port ${port}: the port is taken`);
  });
});

describe('a process', () => {
  it('works, answers for itself, and leaves in good order when it is told to', async () => {
    const running = await startWell();
    await until('it answers', async () => (await running.health('/healthz'))?.status === 200);
    await running.ready();
    const place = await makePlace(controlPlane());
    await place.dumbkv('orders');
    await place.untilReason('orders', 'Deploying');
    expect(await holder()).toMatch(/^operator-1_[0-9a-f-]{36}$/);
    // the status is written a moment before the reconcile is over and counted
    for (const line of [
      'controller_runtime_reconcile_total{controller="dumbkv",result="success"}',
      'workqueue_depth{name="dumbkv",controller="dumbkv"} 0',
      'leader_election_master_status{name="dumbkv-operator"} 1',
      'dumbkv_instances{engine="sqlite",ready="False"} 1',
    ]) {
      await until(line, async () => (await running.metrics())?.text.includes(line));
    }
    expect(await running.end('SIGTERM')).toBe(0);
    expect(await holder()).toBe('');
    expect(running.errors).toBe('');
    expect(running.log.at(-1)).toMatchObject({ level: 'info', msg: 'stopped' });
  });

  it('takes over at once from one that left in good order', async () => {
    const first = await startWell();
    await first.ready();
    await until('it leads', async () => (await holder()).startsWith('operator-1_'));
    const held = await holder();
    const second = await startWell();
    await second.ready();
    expect(await holder()).toBe(held);
    expect(await first.end('SIGINT')).toBe(0);
    await until('the second leads', async () => ![held, ''].includes(await holder()));
    const place = await makePlace(controlPlane());
    await place.dumbkv('orders');
    await place.untilReason('orders', 'Deploying');
    expect(await second.end()).toBe(0);
  });
});

describe('without an API server', () => {
  it('a process is not ready, says so, and works when the server is there', async () => {
    await controlPlane().stopApiServer();
    const running = await startWell();
    const notReady = await until('it answers', () => running.health('/readyz'));
    expect(notReady.status).toBe(503);
    expect(notReady.text).toContain('DumbKV: not listed yet');
    await until('it has tried', async () => {
      const answer = await running.health('/readyz');
      return answer?.text.includes('ECONNREFUSED');
    });
    expect((await running.health('/healthz'))?.status).toBe(200);
    await controlPlane().startApiServer();
    await running.ready();
    const place = await makePlace(controlPlane());
    await place.dumbkv('orders');
    await place.untilReason('orders', 'Deploying');
    await controlPlane().stopApiServer();
    await until('it has noticed', async () => {
      const { text = '' } = (await running.metrics()) ?? {};
      return /rest_client_requests_total\{code="<error>"/.test(text);
    });
    await controlPlane().startApiServer();
    const image = 'images.example/dumbkv-server:2';
    await place.change(DUMBKV, 'orders', { spec: { image } });
    await until('it has come back', async () => {
      const { spec } = await place.get(DEPLOYMENT, 'orders');
      return spec.template.spec.containers[0].image === image;
    });
    expect(await running.end()).toBe(0);
    expect(running.errors).toBe('');
  });
});
