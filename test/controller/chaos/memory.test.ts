// Thousands of ConfigMaps and hundreds of large Secrets that are none of the operator's business:
// it neither lists nor watches them, and takes no more memory than without them.
import { readFileSync } from 'node:fs';
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
/** The memory of a process varies by what was collected; the least of some tells what it needs. */
const PROCESSES = 5;

const controlPlane = useControlPlane({ audit: true });

/** The least memory that an operator needs which has just listed all, and made an instance. */
async function leastMemoryBytes(home: Place): Promise<number> {
  const found: number[] = [];
  for (let turn = 0; turn < PROCESSES; turn += 1) found.push(await memoryBytesOf(home, turn));
  return Math.min(...found);
}

async function memoryBytesOf(home: Place, turn: number): Promise<number> {
  const operator = await OperatorProcess.start({
    ...{ KUBECONFIG: controlPlane().kubeconfigPath, POD_NAMESPACE: home.namespace },
    ...{ SERVER_IMAGE, LEADER_ELECTION: 'false' },
  });
  try {
    await operator.ready();
    const place = await makePlace(controlPlane(), `memory-${turn}`);
    await place.dumbkv('orders');
    await place.untilReason('orders', 'Deploying');
    return residentBytes(operator.pid ?? 0);
  } finally {
    await operator.end();
  }
}

const residentBytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;

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
  const without = await leastMemoryBytes(home);
  const others = await makePlace(controlPlane(), 'others');
  const data = { text: 'x'.repeat(1_000) };
  await makeMany(CONFIG_MAPS, (index) =>
    others.make(CONFIG_MAP, { metadata: { name: `config-${index}` }, data }),
  );
  const stringData = { secret: 'x'.repeat(SECRET_BYTES) };
  await makeMany(SECRETS, (index) =>
    others.make(SECRET, { metadata: { name: `secret-${index}` }, stringData }),
  );
  const beside = await leastMemoryBytes(home);
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
