// The Postgres that the operator runs: its pod fits the `restricted` level, its parameters cannot
// lose writes, its script is one that a shell can read, and a change of either starts it anew.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  postgresConfigMap,
  postgresFiles,
} from '../../../../operator/builders/postgres/config-map.ts';
import { postgresSecret, postgresService } from '../../../../operator/builders/postgres/service.ts';
import { START_SCRIPT } from '../../../../operator/builders/postgres/start-script.ts';
import { postgresStatefulSet } from '../../../../operator/builders/postgres/stateful-set.ts';
import { service } from '../../../../operator/builders/service.ts';
import type { KubeObject } from '../../../../operator/kube/resource.ts';
import { dumbkv } from '../../../support/objects.ts';

const settings = { image: 'registry.example.com/postgres:17', credentialsUid: 'uid-1' };
const onPostgres = (managed: object = {}, spec: object = {}) =>
  dumbkv({ spec: { engine: 'postgres', postgres: { type: 'Managed', managed }, ...spec } });

interface Template {
  metadata: { labels: Record<string, string>; annotations: Record<string, string> };
  spec: {
    securityContext: object;
    containers: [{ securityContext: object; resources: object; livenessProbe?: object }];
    volumes: object[];
  };
}

const specOf = (object: KubeObject) =>
  object.spec as { replicas: number; template: Template; selector: { matchLabels: object } };
const templateOf = (managed: object = {}, uid = 'uid-1') =>
  specOf(postgresStatefulSet(onPostgres(managed), { ...settings, credentialsUid: uid })).template;

describe('the pod', () => {
  it('fits the restricted level of the Pod Security Standards', () => {
    const { spec } = templateOf();
    expect(spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 999,
      fsGroup: 999,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.containers).toHaveLength(1);
    expect(spec.containers[0].securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(JSON.stringify(spec)).not.toMatch(/hostPath|hostNetwork|hostPID|privileged/);
  });

  it('is on the claim of the instance, and mounts of its Secret the password alone', () => {
    expect(templateOf().spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'orders-data' } },
      { name: 'configuration', configMap: { name: 'orders-postgres', defaultMode: 0o555 } },
      {
        name: 'credentials',
        secret: {
          secretName: 'orders-postgres',
          defaultMode: 0o440,
          items: [{ key: 'password', path: 'password' }],
        },
      },
      { name: 'sockets', emptyDir: {} },
      { name: 'scratch', emptyDir: {} },
    ]);
  });

  it('is never killed for being busy or recovering', () => {
    expect(templateOf().spec.containers[0].livenessProbe).toBeUndefined();
  });

  it('has no label that the Service or the Deployment of the server selects by', () => {
    const { selector } = service(dumbkv()).spec as { selector: Record<string, string> };
    const { labels } = templateOf().metadata;
    const isSelected = Object.entries(selector).every(([key, value]) => labels[key] === value);
    expect(isSelected).toBe(false);
    const own = postgresService(dumbkv()).spec as { selector: object };
    expect(labels).toMatchObject(own.selector);
    expect(specOf(postgresStatefulSet(onPostgres(), settings)).selector.matchLabels).toEqual(
      own.selector,
    );
  });

  it.each([
    ['one replica', { replicas: 1 }, 1],
    ['many replicas', { replicas: 7 }, 1],
    ['no replica', { replicas: 0 }, 0],
    ['an instance that sleeps', { suspended: true }, 0],
  ])('runs as it has to with %s', (_sentence, spec, replicas) => {
    expect(specOf(postgresStatefulSet(onPostgres({}, spec), settings)).replicas).toBe(replicas);
  });

  it('takes resources over defaults', () => {
    expect(templateOf().spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '256Mi' },
      limits: { memory: '512Mi' },
    });
    const resources = { limits: { memory: '128Mi' } };
    expect(templateOf({ resources }).spec.containers[0].resources).toEqual({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { memory: '128Mi' },
    });
  });

  it('is started anew when its parameters or its password are others, and only then', () => {
    const { annotations } = templateOf().metadata;
    expect(templateOf().metadata.annotations).toEqual(annotations);
    const changed = templateOf({ parameters: { work_mem: '8MB' } }).metadata.annotations;
    expect(changed).not.toEqual(annotations);
    expect(templateOf({}, 'uid-2').metadata.annotations).not.toEqual(annotations);
  });
});

describe('the configuration', () => {
  it("puts a user's parameters over ours, quoted", () => {
    const parameters = { max_connections: '50', 'app.note': "it's" };
    const file = postgresFiles(onPostgres({ parameters }))['postgresql.conf'];
    expect(file).toContain("max_connections = '50'\n");
    expect(file).not.toContain("'200'");
    expect(file).toContain("app.note = 'it''s'\n");
  });

  it('sets what keeps acknowledged writes where no file is stronger: on the command line', () => {
    for (const name of ['fsync', 'full_page_writes', 'synchronous_commit']) {
      expect(START_SCRIPT).toContain(`-c ${name}='on'`);
    }
  });

  it('lets nobody in without the password but who is in the container', () => {
    expect(postgresFiles(onPostgres())['pg_hba.conf']).toBe(
      'local all postgres peer\nhost all all all scram-sha-256\n',
    );
  });

  it('is kept in a ConfigMap that goes with the instance, without a secret', () => {
    const { metadata, data } = postgresConfigMap(onPostgres());
    expect(metadata).toMatchObject({ name: 'orders-postgres', namespace: 'shop' });
    expect(metadata.ownerReferences).toHaveLength(1);
    expect(Object.keys(data as object)).toEqual(['start.sh', 'postgresql.conf', 'pg_hba.conf']);
  });

  it('has a script that a shell understands', () => {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: START_SCRIPT, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});

describe('the Secret', () => {
  it('holds the password and the URL made with it', () => {
    const { stringData, metadata } = postgresSecret(onPostgres(), 'pass_word-1');
    expect(metadata.name).toBe('orders-postgres');
    expect(stringData).toEqual({
      password: 'pass_word-1',
      url: 'postgres://dumbkv:pass_word-1@orders-postgres.shop.svc:5432/dumbkv',
    });
  });
});

describe('the log of Postgres', () => {
  const sized = (size: string, managed = {}) =>
    onPostgres(managed, { storage: { size, accessMode: 'ReadWriteOnce' } });
  const fileFor = (size: string, managed = {}) =>
    postgresFiles(sized(size, managed))['postgresql.conf'];

  it.each([
    ['256Mi', '64MB'],
    ['1Gi', '256MB'],
    ['1G', '238MB'],
    ['100Gi', '1024MB'],
  ])('leaves room for the data on a volume of %s', (size, log) => {
    expect(fileFor(size)).toContain(`max_wal_size = '${log}'\n`);
    // what it has taken it keeps, so that a full disk is not met by the log
    expect(fileFor(size)).toContain(`min_wal_size = '${log}'\n`);
  });

  it('is what a user says, where one does', () => {
    const file = fileFor('1Gi', { parameters: { max_wal_size: '512MB' } });
    expect(file?.match(/max_wal_size = .*/g)).toEqual(["max_wal_size = '512MB'"]);
    expect(file?.match(/min_wal_size = .*/g)).toEqual(["min_wal_size = '512MB'"]);
  });

  it('follows a volume that grows, without a start of Postgres', () => {
    const templateFor = (size: string) =>
      specOf(postgresStatefulSet(sized(size), settings)).template;
    expect(fileFor('2Gi')).not.toBe(fileFor('1Gi'));
    expect(templateFor('2Gi')).toEqual(templateFor('1Gi'));
  });
});
