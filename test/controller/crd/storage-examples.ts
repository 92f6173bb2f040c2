// What the CEL rules on `spec.storage` refuse and take, as a user would write it.
// `rule-examples.ts` puts them beside those of the other rules.
import type { Spec } from './object.ts';
import { ENDLESS, names, type RuleExamples } from './rule-example.ts';

const storage = (value: Spec): Spec => ({ storage: value });

const shrinking = (status: Spec, refused: Spec[], accepted: Spec[]): RuleExamples => ({
  at: '',
  message: "storage cannot shrink below the volume's size: set storage.size to",
  field: 'spec.storage.size',
  before: storage({ size: '2Gi' }),
  status,
  refused: refused.map(storage),
  accepted: accepted.map(storage),
});
const SAME_OR_LARGER = [{ size: '2Gi' }, { size: '2048Mi' }, { size: '2049Mi' }, { size: '3Gi' }];

/** Examples of the rules on what is given. */
export const STORAGE_EXAMPLES: RuleExamples[] = [
  {
    at: 'spec.storage.size',
    message: 'must be a quantity from 1Mi to 256Ti, such as 1Gi',
    refused: ['0', '0Gi', '-1Gi', '1023Ki', '257Ti', '10 GB', 'large', '', ...ENDLESS].map((size) =>
      storage({ size }),
    ),
    accepted: ['1Mi', '1Gi', '1.5Gi', '256Ti', '5000000000', '5G', '+1e10'].map((size) =>
      storage({ size }),
    ),
  },
  shrinking({}, [{}, { size: '1Gi' }, { size: '2047Mi' }, { size: '2G' }], SAME_OR_LARGER),
  shrinking({ storage: {} }, [{ size: '1Gi' }], SAME_OR_LARGER),
  shrinking({ storage: { capacity: 'unknown' } }, [{ size: '1Gi' }], SAME_OR_LARGER),
  shrinking(
    { storage: { capacity: '1280Mi' } },
    [{}, { size: '1Gi' }, { size: '1279Mi' }],
    [...SAME_OR_LARGER, { size: '1280Mi' }, { size: '1.25Gi' }, { size: '1500Mi' }],
  ),
  // a volume that is larger than what was asked for
  shrinking({ storage: { capacity: '8Gi' } }, [{ size: '1Gi' }], SAME_OR_LARGER),
  names('spec.storage.className', (className) => storage({ className })),
  names('spec.storage.volumeName', (volumeName) => storage({ className: '', volumeName })),
  {
    at: 'spec.storage',
    message: 'volumeName needs className: set className to the class of that volume, or to ""',
    field: 'spec.storage.className',
    refused: [storage({ volumeName: 'pv-1' })],
    accepted: [
      storage({ volumeName: 'pv-1', className: '' }),
      storage({ volumeName: 'pv-1', className: 'standard' }),
      storage({ className: 'standard' }),
    ],
  },
];

const unchangeable = (field: string, before: Spec, refused: Spec[]): RuleExamples => ({
  at: 'spec',
  message: `storage.${field} cannot be changed, added or removed: set it back`,
  field: `spec.storage.${field}`,
  before: storage(before),
  refused: refused.map(storage),
  accepted: [storage(before), storage({ ...before, size: '3Gi' })],
});

/** Examples of the rules on what of it may change later. */
export const CHANGE_EXAMPLES: RuleExamples[] = [
  unchangeable('className', {}, [{ className: 'fast' }, { className: '' }]),
  unchangeable('className', { className: 'fast' }, [{}, { className: 'slow' }, { className: '' }]),
  unchangeable('className', { className: '' }, [{}, { className: 'fast' }]),
  unchangeable('accessMode', { accessMode: 'ReadWriteMany' }, [
    {},
    { accessMode: 'ReadWriteOncePod' },
  ]),
  unchangeable('volumeName', { className: '', volumeName: 'pv-1' }, [
    { className: '' },
    { className: '', volumeName: 'pv-2' },
  ]),
  unchangeable('volumeName', { className: '' }, [{ className: '', volumeName: 'pv-1' }]),
];
