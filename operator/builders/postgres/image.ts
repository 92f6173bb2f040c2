// Which image the operator's own Postgres runs where the spec names none: that of the release, but
// never one of another major version than the one that has written the files, which cannot read
// them. stateful-set.ts asks; the start script has the last word, since a tag is a hint.
import type { KubeObject } from '../../kube/resource.ts';
import { imageOf, keptPods } from '../pinned.ts';
import { OLDEST_MAJOR } from './start-script.ts';

/** What is beyond is no version of Postgres: a year, for instance. */
const NEWEST_MAJOR = 99;

/** The release's image, or the one that is kept with the StatefulSet where the majors differ. */
export function releaseImageFor(live: KubeObject | undefined, releaseImage: string): string {
  const kept = keptPods(live);
  const image = kept && imageOf(kept.template);
  const majors = [image, releaseImage].map((one) => (one === undefined ? undefined : majorOf(one)));
  const isMove = !majors.includes(undefined) && majors[0] !== majors[1];
  return isMove && image !== undefined ? image : releaseImage;
}

/** The major version of Postgres, where the tag of an image begins with it: `postgres:17.2`. */
export function majorOf(image: string): number | undefined {
  const [, digits] = /:(\d+)(?:[^\d/][^/]*)?$/.exec(image.replace(/@.*$/, '')) ?? [];
  const major = Number(digits);
  return major >= OLDEST_MAJOR && major <= NEWEST_MAJOR ? major : undefined;
}
