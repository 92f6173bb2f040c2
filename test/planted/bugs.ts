// Bugs of the kind that operators have had, one for each promise that this one makes about data,
// children and its reports. main.ts plants them one by one; bugs-in-watches.ts has the others.
import { bugsIn, type PlantedBug } from './bug.ts';
import { BUGS_IN_WATCHES } from './bugs-in-watches.ts';

const inReconcile = bugsIn('reconcile', 'unit/operator/reconcile');
const inApply = bugsIn('apply', 'unit/operator/apply');
const inData = bugsIn('data-set', 'unit/operator/data-set');

const ABOUT_DATA: readonly PlantedBug[] = [
  inData(
    'a new key is made beside a claim whose key is lost',
    ['plan', 'plan'],
    ["if (claim === undefined) return { action: 'create' };", "return { action: 'create' };"],
  ),
  inData(
    'data that may not be adopted is adopted',
    ['plan', 'plan'],
    [
      'part) => part !== undefined);\n  const refusing = parts.find(',
      'part) => part !== undefined);\n  const refusing = [].find(',
    ],
  ),
  inReconcile(
    'a key goes with its DumbKV though the data stays',
    ['data-set', 'half-owned'],
    [
      'const stays = isRetained || (live !== undefined && !goesWith(dumbkv, live));',
      'const stays = isRetained;',
    ],
  ),
  inReconcile(
    'a new leader takes a policy of before for the present one',
    ['data-set', 'half-owned'],
    ["await client.mergePatch(DUMBKV, namespace, name, patch, signal, 'status');", ''],
  ),
  inReconcile(
    'a new leader gives the key an owner for a claim that has none any more',
    ['data-set', 'half-owned'],
    ['return holder !== undefined && goesWith(dumbkv, holder);', 'return true;'],
  ),
  inReconcile(
    'pods are made though their data may not be used',
    ['bring-about', 'safety'],
    ['key !== undefined && !awaited && hasData', '!awaited && hasData'],
  ),
];

const ABOUT_CHILDREN: readonly PlantedBug[] = [
  inApply(
    'an update overwrites what somebody else wrote meanwhile',
    ['untangle', 'apply'],
    [
      'metadata: { ...desired.metadata, uid, resourceVersion } };',
      'metadata: { ...desired.metadata } };',
    ],
  ),
  inApply(
    'a newer object of the same name is deleted in place of the old one',
    ['apply', 'apply'],
    ['name, { uid, resourceVersion }, signal);', 'name, {}, signal);'],
  ),
  inApply(
    "somebody else's object of the same name is taken over",
    ['ownership', 'ownership'],
    ['return keeper === OPERATOR_NAME && instance === dumbkv.metadata.name;', 'return true;'],
  ),
  inApply(
    'a child of an earlier DumbKV is used though the garbage collector takes it',
    ['ownership', 'ownership'],
    ['controller.uid !== dumbkv.metadata.uid;', 'false;'],
  ),
  inApply(
    'two managers undo each other as fast as they can',
    ['update', 'contention'],
    ['if (!isUrgent && contention.isTooEarly(before)) {', 'if (false) {'],
  ),
  inReconcile(
    'a failure of the API server is told, but not tried again',
    ['attempts', 'safety'],
    ["if (problem.reason === 'ChildFailing') this.failure ??= error;", ''],
  ),
  inReconcile(
    'an instance whose spec is bad cannot be stopped',
    ['bring-about', 'safety'],
    ['await attempts.make(() => stopPods(dumbkv, pods, context));', ''],
  ),
  inReconcile(
    'an Ingress without labels stays open to the world',
    ['bring-about', 'unseen-children'],
    [
      'if (status?.observedGeneration !== metadata.generation) return isMade;',
      'if (status === undefined) return false;',
    ],
  ),
  inReconcile(
    'children are made for a DumbKV that is on its way out',
    ['reconcile', 'lifecycle'],
    [
      'dumbkv === undefined || dumbkv.metadata.deletionTimestamp !== undefined',
      'dumbkv === undefined',
    ],
  ),
  bugsIn('builders', 'unit/operator/builders')(
    'a claim is asked to shrink',
    ['claim', 'claim'],
    [
      "return mayGrow && status?.phase === 'Bound' && isGrowth ? wanted : present;",
      'return wanted;',
    ],
  ),
];

const ABOUT_REPORTS: readonly PlantedBug[] = [
  bugsIn('status', 'unit/operator/reconcile')(
    'a status that says nothing new is written at each look',
    ['write', 'quiet'],
    ['if (isSameValue(sorted(live), sorted(status))) return false;', ''],
  ),
  bugsIn('tokens', 'unit/operator/tokens')(
    'a token is rotated at each look',
    ['rotation', 'rotation'],
    ['return asked !== undefined && asked !== mark;', 'return asked !== undefined;'],
  ),
];

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...ABOUT_DATA,
  ...ABOUT_CHILDREN,
  ...ABOUT_REPORTS,
  ...BUGS_IN_WATCHES,
];
