// The pod that a DumbKV gives, typed as far as the tests of the pod template look into it.
import { podTemplate } from '../../../../operator/builders/pod-template.ts';
import { dumbkv, SERVER_IMAGE, STORE } from '../../../support/objects.ts';

interface Probe {
  httpGet: { path: string; port: string };
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

interface Container {
  name: string;
  image: string;
  env: { name: string; value: string }[];
  ports: object[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  startupProbe: Probe;
  readinessProbe: Probe;
  livenessProbe: Probe;
  securityContext: Record<string, unknown>;
  terminationMessagePolicy: string;
  volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface Pod {
  automountServiceAccountToken: boolean;
  terminationGracePeriodSeconds: number;
  securityContext: Record<string, unknown>;
  containers: [Container];
  volumes: ({ name: string } & Record<string, object>)[];
}

export const settings = { image: SERVER_IMAGE, storeId: STORE.storeId };

/** The spec of the pod for a DumbKV whose spec is altered. */
export const podOf = (spec: object = {}): Pod =>
  podTemplate(dumbkv({ spec }), settings).spec as unknown as Pod;

/** The environment of the pod's container by name. */
export const environmentOf = ({ containers }: Pod): Record<string, string> =>
  Object.fromEntries(containers[0].env.map(({ name, value }) => [name, value]));
