// What keeps our pods within the `restricted` level of the Pod Security Standards.
// pod-template.ts and postgres/stateful-set.ts put it into their pods.

/** The security context of a pod whose processes, and whose volumes, belong to one user. */
export const podSecurity = (userId: number) => ({
  runAsNonRoot: true,
  runAsUser: userId,
  runAsGroup: userId,
  fsGroup: userId,
  fsGroupChangePolicy: 'OnRootMismatch',
  seccompProfile: { type: 'RuntimeDefault' },
});

/** The security context of each container of ours. */
export const CONTAINER_SECURITY = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;
