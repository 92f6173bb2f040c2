// Thousands of ConfigMaps and hundreds of large Secrets that are none of the operator's business:
// it neither lists nor watches them, and takes no more memory than without them.
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { CONFIG_MAP, SECRET } from '../../../operator/api/resources.ts';
import { auditedRequests } from '../../support/audit-log.ts';
import { ADMIN } from '../../support/control-plane-layout.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { OperatorProcess } from '../../support/operator-process.ts';
import { SERVER_IMAGE } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { figureOf, print } from './form.ts';

const CONFIG_MAPS = figureOf(500, 5_000);
const SECRETS = figureOf(30, 300);
const SECRET_BYTES = 500_000;
const GROWTH_BYTES_MAX = 5 * 1024 * 1024;
const AT_ONCE = 8;
const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

const controlPlane = useControlPlane({ audit: true });

/** What an operator holds in memory that has just listed all, and made an instance. */
async function heldBytesOf(home: Place, name: string): Promise<number> {
  const operator = await OperatorProcess.start({
    ...{ KUBECONFIG: controlPlane().kubeconfigPath, POD_NAMESPACE: home.namespace },
    ...{ SERVER_IMAGE, LEADER_ELECTION: 'false', ...INSPECTED },
  });
  try {
    await operator.ready();
    const place = await makePlace(controlPlane(), name);
    await place.dumbkv('orders');
    await place.untilReason('orders', 'Deploying');
    return await heldBytes(operator);
  } finally {
    await operator.end();
  }
}

/**
 * What is left after all garbage is collected, asked through its inspector: what the kernel counts
 * varies by more than is looked for here.
 */
async function heldBytes(operator: OperatorProcess): Promise<number> {
  const [, url = ''] = /listening on (ws:\S+)/.exec(operator.errors) ?? [];
  const inspector = new WebSocket(url);
  await once(inspector, 'open');
  const ask = async (id: number, method: string, params = {}) => {
    inspector.send(JSON.stringify({ id, method, params }));
    const [{ data }] = await once(inspector, 'message');
    return JSON.parse(data);
  };
  await ask(1, 'HeapProfiler.collectGarbage');
  const { result } = await ask(2, 'Runtime.evaluate', { expression: HELD });
  inspector.close();
  return result.result.value;
}

const HELD = '(({ heapUsed, external }) => heapUsed + external)(process.memoryUsage())';

/** Makes so many objects, some at once. */
async function makeMany(count: number, make: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < count) {
      next += 1;
      await make(next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

it('does not grow with what others keep', async () => {
  const home = await makePlace(controlPlane(), 'home');
  const without = await heldBytesOf(home, 'without');
  const others = await makePlace(controlPlane(), 'others');
  const data = { text: 'x'.repeat(1_000) };
  await makeMany(CONFIG_MAPS, (index) =>
    others.make(CONFIG_MAP, { metadata: { name: `config-${index}` }, data }),
  );
  const stringData = { secret: 'x'.repeat(SECRET_BYTES) };
  await makeMany(SECRETS, (index) =>
    others.make(SECRET, { metadata: { name: `secret-${index}` }, stringData }),
  );
  const beside = await heldBytesOf(home, 'beside');
  const inMib = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
  print(
    `memory: ${inMib(without)} MiB without, ${inMib(beside)} MiB beside ${CONFIG_MAPS} ` +
      `ConfigMaps and ${SECRETS} Secrets of ${SECRET_BYTES} bytes`,
  );
  expect(beside - without).toBeLessThan(GROWTH_BYTES_MAX);
  await until('the audit log is there', () => auditedRequests(controlPlane(), ADMIN).length > 0);
  const listed = auditedRequests(controlPlane(), ADMIN).filter(
    ({ verb, resource }) =>
      ['list', 'watch'].includes(verb) && ['secrets', 'configmaps'].includes(resource),
  );
  expect(listed).toEqual([]);
});
