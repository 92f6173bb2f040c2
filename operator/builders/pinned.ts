// The pods of an instance while the operator's release changes: the template that was last made for
// them is kept in an annotation of the Deployment or StatefulSet, with what it was made from, and
// stays until that is another. deployment.ts and postgres/stateful-set.ts ask; status/update.ts
// tells what an update would bring.
import { createHash } from 'node:crypto';
import type { DumbKV } from '../../crds/schema.ts';
import { isSameValue } from '../api/same-value.ts';
import type { KubeObject } from '../kube/resource.ts';
import {
  PINNED_ANNOTATION,
  RESTART_ANNOTATION,
  TEMPLATE_GENERATION_ANNOTATION,
} from './metadata.ts';

export type PodTemplate = Record<string, unknown>;

/**
 * All that a user says about pods; what is left out is undefined. Releases may add to it what only
 * who asks for it has: whatever else they change replaces the pods of all instances.
 */
export interface PodInputs {
  /** The image that the spec names. */
  image: string | undefined;
  [name: string]: unknown;
}

/** How the pods of a kind would be made now. */
export interface PodWish {
  inputs: PodInputs;
  /** The image where the spec names none. */
  releaseImage: string;
  /** The files that the pods are started with, beside their template. */
  files?: Record<string, string>;
  /** `restart` is a mark that the template carries. */
  render: (image: string, restart: string | undefined) => PodTemplate;
}

/** A template, and what it was made from. */
export interface Pods {
  inputs: PodInputs;
  restart?: string | undefined;
  template: PodTemplate;
  files?: Record<string, string>;
}

/** The template that is kept with a live object, if one is. */
export function keptPods(live: KubeObject | undefined): Pods | undefined {
  const text = live?.metadata.annotations?.[PINNED_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    const kept = JSON.parse(text) as Partial<Pods> | null;
    const isWhole = kept?.inputs && kept.template && imageOf(kept.template) !== undefined;
    return isWhole ? (kept as Pods) : undefined;
  } catch {
    return undefined;
  }
}

/** The pods as they should be now, beside the object that is there. */
export function podsOf(dumbkv: DumbKV, wish: PodWish, live: KubeObject | undefined): Pods {
  const kept = keptPods(live);
  // an annotation that is taken away asks for nothing
  const restart = restartMark(dumbkv) ?? kept?.restart;
  const isPinned = dumbkv.spec.updatePolicy === 'Pinned' && kept?.restart === restart;
  if (!isPinned || kept === undefined) return freshPods(wish, restart);
  if (isSameValue(kept.inputs, wish.inputs)) return kept;
  // the image is pinned by itself: a newer server may raise the data beyond the older one
  const isImageKept = kept.inputs.image === undefined;
  const releaseImage = (isImageKept && imageOf(kept.template)) || wish.releaseImage;
  return freshPods({ ...wish, releaseImage }, restart);
}

/** What keeps the pods with their object. */
export const pinnedAnnotation = (pods: Pods): Record<string, string> => ({
  [PINNED_ANNOTATION]: JSON.stringify(pods),
});

/**
 * What tells a change of the template from one of the number of pods: the generation of the object
 * from which on it has this template. Nothing is said of one that has had it since it was made.
 */
export function templateGeneration(
  { template }: Pods,
  live: KubeObject | undefined,
): Record<string, string> {
  if (live === undefined) return {};
  const known = live.metadata.annotations?.[TEMPLATE_GENERATION_ANNOTATION];
  const isSame = isSameValue(keptPods(live)?.template, template);
  const since = isSame ? known : String((live.metadata.generation ?? 0) + 1);
  return since === undefined ? {} : { [TEMPLATE_GENERATION_ANNOTATION]: since };
}

/** Whether the cluster knows the template of a live object, whatever else of it is news to it. */
export function isTemplateObserved({ metadata, status }: KubeObject): boolean {
  const { generation = 1, annotations } = metadata;
  const since = Number(annotations?.[TEMPLATE_GENERATION_ANNOTATION] ?? 1);
  const { observedGeneration = 0 } = (status ?? {}) as { observedGeneration?: number };
  // a write that changed no more than annotations made no new generation
  return observedGeneration >= Math.min(since || generation, generation);
}

/** What replaced pods would have, if that is anything else than what they have. */
export interface PodUpdate {
  image: string;
  newImage: string;
}

/** What the release would bring to pods that are pinned. */
export function podUpdate(wish: PodWish, live: KubeObject | undefined): PodUpdate | undefined {
  const kept = keptPods(live);
  if (kept === undefined || !isSameValue(kept.inputs, wish.inputs)) return undefined;
  const { template } = freshPods(wish, kept.restart);
  if (isSameValue(template, kept.template)) return undefined;
  return { image: imageOf(kept.template) ?? '', newImage: imageOf(template) ?? '' };
}

/** The image of a template's first container, which is ours. */
export function imageOf({ spec }: PodTemplate): string | undefined {
  return (spec as { containers?: { image?: string }[] } | undefined)?.containers?.[0]?.image;
}

/** What a template carries in its annotations where a restart was asked for. */
export const restartAnnotation = (restart: string | undefined): Record<string, string> =>
  restart === undefined ? {} : { [RESTART_ANNOTATION]: restart };

function freshPods(
  { inputs, releaseImage, render, files }: PodWish,
  restart: string | undefined,
): Pods {
  const template = render(inputs.image ?? releaseImage, restart);
  return { inputs, restart, template, ...(files && { files }) };
}

/** A mark instead of the value itself, which may be of any length. */
function restartMark({ metadata }: DumbKV): string | undefined {
  const value = metadata.annotations?.[RESTART_ANNOTATION];
  return value && createHash('sha256').update(value).digest('hex').slice(0, 16);
}
