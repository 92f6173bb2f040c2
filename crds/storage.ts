// The part of a DumbKV's spec that describes its volume.
// It flows into `schema.ts`, which also rules what of it cannot change.
import { Type } from 'typebox';
import { objectName, quantity, rules, word } from './fields.ts';

/** `spec.storage`. */
export const Storage = Type.Object(
  {
    size: quantity(
      'The size of the volume. It may grow later if the storage class can expand ' +
        'volumes, but never shrink; a growth that was refused can be taken back.',
      { minimum: '1Mi', maximum: '256Ti', example: '1Gi' },
      { default: '1Gi' },
    ),
    className: Type.Optional(
      objectName(
        "The StorageClass that makes the volume. Left out, the cluster's default class; " +
          'the empty string binds a volume that exists and has no class. It cannot be ' +
          'changed.',
        { orEmpty: true },
      ),
    ),
    accessMode: word(
      'How the volume is mounted: `ReadWriteOncePod` lets a single pod mount it, where ' +
        'the storage driver can; `ReadWriteMany` is for storage that offers nothing else. ' +
        'It cannot be changed.',
      ['ReadWriteOnce', 'ReadWriteOncePod', 'ReadWriteMany'],
      { default: 'ReadWriteOnce' },
    ),
    volumeName: Type.Optional(
      objectName(
        'The PersistentVolume to bind, when it must be a certain one. Name its class in ' +
          '`className` too. It cannot be changed.',
      ),
    ),
  },
  {
    description: 'The volume that keeps the data.',
    default: {},
    ...rules({
      rule: 'has(self.className) || !has(self.volumeName)',
      message:
        'volumeName needs className: set className to the class of that volume, or to "" ' +
        'if it has none',
      fieldPath: '.className',
    }),
  },
);
