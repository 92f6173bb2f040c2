// The operator as users run it, as a process of its own from what is built for its image, and what
// can be read of it from outside: its requests in the audit log, its metrics, its memory.
// Next: `scale.ts` takes it through a run.
import { setTimeout as pause } from 'node:timers/promises';
import { type AuditedRequest, auditedRequests } from '../../support/audit-log.ts';
import type { ControlPlane } from '../../support/control-plane.ts';
import { OperatorProcess } from '../../support/operator-process.ts';
import { until } from '../../support/until.ts';
import { type ClusterParts, OPERATOR_USER } from './cluster-parts.ts';
import { metricIn } from './figures.ts';
import { type Memory, readMemory } from './processes.ts';

const BUILT = new URL('../../../dist/operator/main.js', import.meta.url).pathname;
const SERVER_IMAGE = 'images.example/dumbkv-server:1';
/** So long without a reconcile or a key that waits, and it is at rest. */
const CALM_MS = 3_000;
/** Seldom enough that asking is no load. */
const METRICS_INTERVAL_MS = 100;
const LIMIT_MS = 10 * 60_000;
const RECONCILES = 'controller_runtime_reconcile_total';

/** One life of the operator. */
export class MeasuredOperator {
  readonly #process: OperatorProcess;
  readonly #controlPlane: ControlPlane;
  readonly #requestsBefore: number;

  private constructor(
    process: OperatorProcess,
    controlPlane: ControlPlane,
    requestsBefore: number,
  ) {
    this.#process = process;
    this.#controlPlane = controlPlane;
    this.#requestsBefore = requestsBefore;
  }

  /** Starts it; resolves when it leads. */
  static async start({ controlPlane, operatorKubeconfig }: ClusterParts) {
    const { length } = auditedRequests(controlPlane, OPERATOR_USER);
    const environment = { NODE_ENV: 'production', KUBECONFIG: operatorKubeconfig, SERVER_IMAGE };
    const process = await OperatorProcess.start(environment, BUILT);
    const operator = new MeasuredOperator(process, controlPlane, length);
    await process.ready();
    await until('it leads', () => process.log.some(({ isLeader }) => isLeader === true));
    return operator;
  }

  pids(): { operator: number } {
    return { operator: this.#process.pid ?? 0 };
  }

  memory(): Memory {
    return readMemory(this.pids().operator);
  }

  /** Its requests so far. */
  requests(): AuditedRequest[] {
    return auditedRequests(this.#controlPlane, OPERATOR_USER).slice(this.#requestsBefore);
  }

  /** Waits until so many reconciles have ended. */
  async hasReconciled(count: number): Promise<void> {
    const endMs = Date.now() + LIMIT_MS;
    while (metricIn(await this.#metrics(), RECONCILES) < count) {
      if (Date.now() > endMs) throw new Error(`the operator has not reconciled ${count} times`);
      await pause(METRICS_INTERVAL_MS);
    }
  }

  /** Waits until it has nothing to do for a while. */
  async settled(calmMs = CALM_MS): Promise<void> {
    const endMs = Date.now() + LIMIT_MS;
    for (let before = -1, now = await this.#work(); before !== now; ) {
      if (Date.now() > endMs) throw new Error('the operator does not come to rest');
      await pause(calmMs);
      [before, now] = [now, await this.#work()];
    }
  }

  async end(): Promise<void> {
    await this.#process.end();
  }

  /** Changes while there is something to do. */
  async #work(): Promise<number> {
    const page = await this.#metrics();
    const waiting = metricIn(page, 'workqueue_depth');
    return waiting === 0 ? metricIn(page, RECONCILES) : Number.NaN;
  }

  async #metrics(): Promise<string> {
    const page = await this.#process.metrics();
    if (page?.status === 200) return page.text;
    throw new Error(`the operator tells no metrics: ${this.#process.errors.slice(-2_000)}`);
  }
}
