// The pod fits the `restricted` level of the Pod Security Standards, rule by rule, whatever the
// spec asks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pod, podOf } from './pod.ts';

/** Every rule of the levels `baseline` and `restricted` that a pod of ours could break. */
const RULES: Record<string, (pod: Pod & Record<string, unknown>) => void> = {
  'uses nothing of the host': (pod) => {
    for (const field of ['hostNetwork', 'hostPID', 'hostIPC', 'hostUsers']) {
      expect(pod).not.toHaveProperty(field);
    }
    expect(JSON.stringify(pod)).not.toMatch(/hostPath|hostPort|hostIP"/);
  },
  'mounts only kinds of volume that are allowed': ({ volumes }) => {
    const kinds = volumes.flatMap(({ name: _, ...source }) => Object.keys(source));
    expect(new Set(kinds)).toEqual(new Set(['persistentVolumeClaim', 'secret']));
  },
  'may not run as root': ({ securityContext }) => {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001 });
  },
  'runs as 10001:10001, which also owns the volume': ({ securityContext }) => {
    expect(securityContext).toMatchObject({ runAsGroup: 10001, fsGroup: 10001 });
  },
  "is held to the runtime's list of system calls": ({ securityContext }) => {
    expect(securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
  },
  'can gain no privilege': ({ containers }) => {
    expect(containers[0].securityContext).toMatchObject({ allowPrivilegeEscalation: false });
    expect(containers[0].securityContext).not.toHaveProperty('privileged');
  },
  'has no capability': ({ containers }) => {
    expect(containers[0].securityContext.capabilities).toEqual({ drop: ['ALL'] });
  },
  'cannot write to its root': ({ containers }) => {
    expect(containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true });
  },
  'loosens none of this in the container': ({ containers }) => {
    expect(Object.keys(containers[0].securityContext).toSorted()).toEqual([
      'allowPrivilegeEscalation',
      'capabilities',
      'readOnlyRootFilesystem',
    ]);
  },
  'sets no kernel parameters, SELinux options or AppArmor profile': (pod) => {
    expect(JSON.stringify(pod)).not.toMatch(/sysctls|seLinuxOptions|appArmorProfile|procMount/);
  },
  'has no token for the API server': ({ automountServiceAccountToken }) => {
    expect(automountServiceAccountToken).toBe(false);
  },
  'is told nothing of other Services': (pod) => {
    expect(pod.enableServiceLinks).toBe(false);
  },
};

describe('the pod', () => {
  it.each(Object.entries(RULES))('%s', (_name, holds) => {
    holds(podOf() as Pod & Record<string, unknown>);
  });

  it('breaks none of these rules for any spec', () => {
    const spec = fc.record({
      auth: fc.constantFrom({ type: 'Token' }, { type: 'None' }, { tokenSecretRef: { name: 'a' } }),
      suspended: fc.boolean(),
      deletionPolicy: fc.constantFrom('Retain', 'Delete'),
      resources: fc.constantFrom({}, { limits: { cpu: '1' } }, { requests: { memory: '1Gi' } }),
    });
    fc.assert(
      fc.property(spec, (asked) => {
        for (const holds of Object.values(RULES))
          holds(podOf(asked) as Pod & Record<string, unknown>);
      }),
    );
  });
});
