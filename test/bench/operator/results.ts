// What a run leaves: the figures that the pages and pictures are made of.
// Next: `report/markdown.ts`.
import type { Machine } from '../machine.ts';
import type { CallShare, Spread } from './figures.ts';
import type { ProcessorUse } from './processes.ts';

/** Under which circumstances figures were taken. */
export interface Circumstances {
  readonly startedAt: string;
  readonly revision: string;
  readonly machine: Machine;
  readonly loadAverage: number;
}

/** One number of instances. */
export interface ScaleResult {
  readonly instances: number;
  /** Seconds since the first create, in ascending order. */
  readonly createdSeconds: readonly number[];
  readonly deploymentSeconds: readonly number[];
  readonly readySeconds: readonly number[];
  readonly calls: readonly CallShare[];
  readonly processorUse: ProcessorUse;
  /** Processor time of the whole machine that none of these used, by other processes. */
  readonly otherSeconds: number;
  readonly memory: {
    readonly emptyBytes: number;
    readonly restBytes: number;
    readonly peakBytes: number;
    readonly restartedBytes: number;
  };
  readonly idle: { readonly seconds: number; readonly writes: number };
  readonly changeMs: Spread;
  readonly ownShareMs: Spread;
  readonly restart: { readonly seconds: number; readonly writes: number; readonly calls: number };
}

export interface ScaleReport extends Circumstances {
  readonly raised: readonly string[];
  readonly results: readonly ScaleResult[];
}

/** Instances beside the same objects by kubectl, on a cluster of kind. */
export interface KindReport extends Circumstances {
  readonly readyMs: readonly number[];
  readonly availableMs: readonly number[];
  readonly madeMs: readonly number[];
  readonly toldMs: readonly number[];
}
