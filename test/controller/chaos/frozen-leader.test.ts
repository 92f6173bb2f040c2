// Three replicas of the operator, of which the leader is frozen in the middle of its work until its
// Lease is over, and thawed: another takes over, and whatever the old one was about to write, no
// write is ever made by one that does not hold the Lease.
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { DEPLOYMENT, DUMBKV } from '../../../operator/api/resources.ts';
import { LEASE } from '../../../operator/kube/lease-record.ts';
import { type AuditedRequest, auditedRequestsOf } from '../../support/audit-log.ts';
import { kubeconfigOf } from '../../support/control-plane.ts';
import { useControlPlane } from '../../support/control-plane-suite.ts';
import { OperatorProcess } from '../../support/operator-process.ts';
import { SERVER_IMAGE } from '../../support/operator-run.ts';
import { makePlace, type Place } from '../../support/place.ts';
import { until } from '../../support/until.ts';
import { figureOf, print } from './form.ts';

const REPLICAS = ['operator-1', 'operator-2', 'operator-3'];
/** Each is worked on once a second at most, so it takes some to find a leader at work. */
const INSTANCES = ['orders', 'users', 'carts', 'bills', 'stock', 'mails', 'notes', 'votes'];
const ROUNDS = figureOf(2, 20);
/** A Lease lasts fifteen seconds; a busy machine may need more, and the figure is printed. */
const TAKEOVER_LIMIT_MS = 60_000;

const controlPlane = useControlPlane({
  audit: true,
  users: REPLICAS.map((name) => ({ name, groups: ['system:masters'] })),
});
const processes = new Map<string, OperatorProcess>();
afterEach(async () => {
  for (const one of processes.values()) if (one.pid) process.kill(one.pid, 'SIGCONT');
  await Promise.all([...processes.values()].map((one) => one.end('SIGKILL')));
});

/** Starts a replica with credentials of its own, by which the audit log knows it. */
async function start(name: string, home: Place): Promise<void> {
  const { serverUrl, caCertificate, kubeconfigPath, tokenFor } = controlPlane();
  const KUBECONFIG = join(dirname(kubeconfigPath), `${name}.kubeconfig`);
  writeFileSync(KUBECONFIG, kubeconfigOf(serverUrl, caCertificate, tokenFor(name)));
  const settings = { KUBECONFIG, POD_NAME: name, POD_NAMESPACE: home.namespace, SERVER_IMAGE };
  const started = await OperatorProcess.start(settings);
  processes.set(name, started);
  await started.ready();
}

/** The replica that holds the Lease, if one does. */
async function leaderIn(home: Place): Promise<string | undefined> {
  const lease = await home.find(LEASE, 'dumbkv-operator');
  const holder: string = lease?.spec.holderIdentity ?? '';
  return REPLICAS.find((name) => holder.startsWith(`${name}_`));
}

/** Changes what is asked until it is told to stop, so that there is always something to write. */
function keepBusy(place: Place): () => Promise<void> {
  let isOver = false;
  const changing = (async () => {
    for (let version = 1; !isOver; version += 1) {
      const spec = { image: `${SERVER_IMAGE}.${version}` };
      await Promise.all(INSTANCES.map((name) => place.change(DUMBKV, name, { spec })));
    }
  })();
  return () => {
    isOver = true;
    return changing;
  };
}

async function untilWorks(place: Place, version: string): Promise<void> {
  const image = `${SERVER_IMAGE}.${version}`;
  await place.change(DUMBKV, 'orders', { spec: { image } });
  await until('what is asked is done', async () => {
    const { spec } = await place.get(DEPLOYMENT, 'orders');
    return spec.template.spec.containers[0].image === image;
  });
}

/** Freezes the leader while it works, and thaws it when another has worked; gives the times. */
async function freezeOnce(home: Place, place: Place, round: number): Promise<number> {
  const old = await until('somebody leads', () => leaderIn(home));
  const rest = keepBusy(place);
  await until('it works', () => writesOf(old).length > 0);
  const { pid = 0, log } = processes.get(old) as OperatorProcess;
  const told = log.length;
  process.kill(pid, 'SIGSTOP');
  const frozenMs = performance.now();
  await until('another leads', async () => (await leaderIn(home)) !== old, TAKEOVER_LIMIT_MS);
  const tookMs = performance.now() - frozenMs;
  await rest();
  await untilWorks(place, `${round}a`);
  process.kill(pid, 'SIGCONT');
  await until('the old one has noticed', () =>
    log.slice(told).some(({ msg }) => msg === 'does not lead: waiting'),
  );
  await untilWorks(place, `${round}b`);
  return tookMs;
}

const isWrite = ({ verb, resource, code }: AuditedRequest): boolean =>
  ['create', 'patch', 'update', 'delete'].includes(verb) && code < 300 && !/leases/.test(resource);
const writesOf = (name: string) =>
  auditedRequestsOf(controlPlane(), [name]).filter((request) => isWrite(request));

/** The writes that were made by somebody else than whoever wrote the Lease last. */
function writesWithoutLease(): AuditedRequest[] {
  let holder: string | undefined;
  return auditedRequestsOf(controlPlane(), REPLICAS).filter((request) => {
    const isLease = /leases/.test(request.resource) && request.code < 300;
    if (isLease && request.verb !== 'get') holder = request.userName;
    return isWrite(request) && request.userName !== holder;
  });
}

it('a leader that was frozen past its Lease writes nothing when it is thawed', async () => {
  const home = await makePlace(controlPlane(), 'home');
  for (const name of REPLICAS) await start(name, home);
  const place = await makePlace(controlPlane());
  for (const name of INSTANCES) {
    await place.dumbkv(name);
    await until('it is made', () => place.find(DEPLOYMENT, name));
  }
  const takeoversMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    takeoversMs.push(await freezeOnce(home, place, round));
  }
  const seconds = takeoversMs.map((ms) => (ms / 1000).toFixed(1)).join(', ');
  const writes = REPLICAS.map((name) => writesOf(name).length);
  print(`frozen leaders: takeovers after ${seconds} s; writes by replica: ${writes.join(', ')}`);
  expect(writesWithoutLease()).toEqual([]);
});
