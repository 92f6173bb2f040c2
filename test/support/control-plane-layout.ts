// The files, ports and arguments that etcd and kube-apiserver of one control plane start with.
// `control-plane.ts` starts them with it.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface User {
  name: string;
  groups?: string[];
}

export interface ControlPlaneOptions {
  /**
   * Users beside the administrator; `tokenFor` gives their tokens. RBAC grants them nothing, and
   * the roles `view`, `edit` and `admin` are empty: a controller that is not here fills them.
   */
  users?: User[];
  /** Write an audit log of every finished request to `auditLogPath`. */
  audit?: boolean;
  /** Further arguments of kube-apiserver. */
  apiServerArguments?: string[];
}

/** Where the parts of one control plane are, and who may call it. */
export interface Layout {
  readonly directory: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
  readonly tokens: ReadonlyMap<string, string>;
  readonly furtherArguments: readonly string[];
  readonly audit: boolean;
}

/** The user of the administrator's token. */
export const ADMIN = 'test-admin';

const AUDIT_POLICY = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{ level: Metadata }]
`;

/** Writes the files that both components read, in a directory of their own. */
export async function prepareLayout(options: ControlPlaneOptions): Promise<Layout> {
  const directory = mkdtempSync(join(tmpdir(), 'dumbkv-control-plane-'));
  const users: User[] = [{ name: ADMIN, groups: ['system:masters'] }, ...(options.users ?? [])];
  const tokens = new Map(users.map(({ name }) => [name, randomBytes(24).toString('base64url')]));
  const rows = users.map(
    ({ name, groups = [] }) => `${tokens.get(name)},${name},${name},"${groups.join(',')}"`,
  );
  writeFileSync(join(directory, 'tokens.csv'), `${rows.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(join(directory, 'audit-policy.yaml'), AUDIT_POLICY);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'sec1', format: 'pem' });
  writeFileSync(join(directory, 'service-account.key'), pem, { mode: 0o600 });
  const [apiPort = 0, etcdPort = 0, etcdPeerPort = 0] = await freePorts(3);
  const { apiServerArguments: furtherArguments = [], audit = false } = options;
  return { directory, apiPort, etcdPort, etcdPeerPort, tokens, furtherArguments, audit };
}

/** The arguments of etcd. */
export function etcdArguments({ directory, etcdPort, etcdPeerPort }: Layout): string[] {
  const [client, peer] = [`http://127.0.0.1:${etcdPort}`, `http://127.0.0.1:${etcdPeerPort}`];
  return [
    `--data-dir=${join(directory, 'etcd')}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** The arguments of kube-apiserver. */
export function apiServerArguments(layout: Layout): string[] {
  const { directory, apiPort, etcdPort } = layout;
  const audit = [
    `--audit-policy-file=${join(directory, 'audit-policy.yaml')}`,
    `--audit-log-path=${join(directory, 'audit.log')}`,
  ];
  return [
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    // the API server refuses to publish a loopback address as its endpoint
    '--endpoint-reconciler-type=none',
    `--secure-port=${apiPort}`,
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    `--cert-dir=${join(directory, 'certificates')}`,
    `--token-auth-file=${join(directory, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(directory, 'service-account.key')}`,
    `--service-account-signing-key-file=${join(directory, 'service-account.key')}`,
    // no controller makes the ServiceAccount `default` that it would ask for
    '--disable-admission-plugins=ServiceAccount',
    ...(layout.audit ? audit : []),
    ...layout.furtherArguments,
  ];
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = servers.map(async (server) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  const found = await Promise.all(ports);
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return found;
}
