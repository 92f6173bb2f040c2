// The labels of the pod of an instance's Postgres: another name than the server's, so that no
// Service or Deployment of the server takes it for one of its own.
// Used by service.ts and stateful-set.ts.
import { INSTANCE_LABEL, labelsFor } from '../metadata.ts';

const OWN = { 'app.kubernetes.io/name': 'dumbkv-postgres' };

/** The labels that never change and that select the pod. */
export const postgresSelector = (instance: string): Record<string, string> => ({
  ...OWN,
  'app.kubernetes.io/instance': instance,
});

/** All labels of the pod, by which it is watched. */
export const postgresLabels = (instance: string): Record<string, string> => ({
  ...labelsFor(instance),
  ...OWN,
  'app.kubernetes.io/component': 'database',
  [INSTANCE_LABEL]: instance,
});
