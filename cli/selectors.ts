// How the children of an instance are found: by the labels that the operator gives them.
// The commands hand these to kubectl.

/** All children of an instance, and Secrets that its user labelled for it. */
export const childrenOf = (instance: string): string => `dumbkv.dev/instance=${instance}`;

/** The pods of an instance's server. */
export const serverPodsOf = (instance: string): string =>
  `app.kubernetes.io/name=dumbkv,app.kubernetes.io/instance=${instance}`;

/** The pod of the Postgres that the operator runs for an instance. */
export const postgresPodsOf = (instance: string): string =>
  `app.kubernetes.io/name=dumbkv-postgres,app.kubernetes.io/instance=${instance}`;
