// How full the volume of an instance is, in steps that do not flap, and when that is a pressure.
// Pure: reconcile/volume-usage.ts asks the server, compute.ts tells of it.
import type { DumbKVStatus } from '../../crds/schema.ts';
import type { ConditionStatement } from '../api/conditions.ts';

/** What a server says of its volume. */
export interface VolumeRoom {
  readonly sizeBytes: number;
  readonly availableBytes: number;
}

/** What is shown of a volume. */
export interface Usage {
  /** In whole steps: at least so much was used, but for what it has changed by less than a step. */
  readonly percent: number;
  readonly isPressing: boolean;
}

const STEP_PERCENT = 5;
const PRESSURE_PERCENT = 85;
/** Whoever is under pressure is so until less than this is used. */
const RELIEF_PERCENT = 80;

/** What is to be shown after a look; what was shown before, itself, where that is still so. */
export function usageAfter(room: VolumeRoom, shown: Usage | undefined): Usage {
  const percent = ((room.sizeBytes - room.availableBytes) * 100) / room.sizeBytes;
  const isPressing = percent >= (shown?.isPressing ? RELIEF_PERCENT : PRESSURE_PERCENT);
  const isSame =
    shown?.isPressing === isPressing && Math.abs(percent - shown.percent) < STEP_PERCENT;
  if (isSame) return shown;
  return { percent: Math.floor(percent / STEP_PERCENT) * STEP_PERCENT, isPressing };
}

/** What an earlier look, of this operator or one before it, has put into the status. */
export function formerUsage(status: DumbKVStatus | undefined): Usage | undefined {
  const [, percent] = /^(\d{1,3})%$/.exec(status?.storage?.used ?? '') ?? [];
  if (percent === undefined) return undefined;
  const isPressing = status?.conditions?.some(({ type }) => type === 'StoragePressure') ?? false;
  return { percent: Number(percent), isPressing };
}

/** The two figures of a server's metrics; undefined where they are not there, or none. */
export function volumeRoomFrom(metrics: string): VolumeRoom | undefined {
  const figureOf = (name: string) => {
    const line = new RegExp(`^dumbkv_volume_${name}_bytes ([0-9.eE+]{1,32})$`, 'm').exec(metrics);
    return Number(line?.[1]);
  };
  const room = { sizeBytes: figureOf('size'), availableBytes: figureOf('available') };
  const isSound =
    Number.isFinite(room.sizeBytes) && room.sizeBytes > 0 && room.availableBytes <= room.sizeBytes;
  return isSound ? room : undefined;
}

/** The condition `StoragePressure`, which is there only while true. */
export function storagePressure(
  usage: Usage | undefined,
  capacity: string | undefined,
): ConditionStatement[] {
  if (usage === undefined || capacity === undefined || !usage.isPressing) return [];
  const message =
    `${usage.percent} % of the volume is used, and once it is full nothing more can be written. ` +
    `Set spec.storage.size to more than ${capacity}.`;
  return [{ type: 'StoragePressure', status: 'True', reason: 'VolumeAlmostFull', message }];
}
