// Collects what a report holds: objects, events and logs of one instance and of the operator, each
// redacted as it comes. What cannot be had is said in its place, and the rest goes on.
// commands/report.ts puts the files into an archive.
import type { DumbKV } from '../../crds/schema.ts';
import { Failure } from '../failure.ts';
import type { ApiObject, Kubectl } from '../kubectl.ts';
import { limits } from '../limits.ts';
import { childrenOf } from '../selectors.ts';
import { redactedObject, type SecretData, scrubbed, secretWords } from './redaction.ts';
import type { ArchivedFile } from './tar.ts';

/** Of CloudNativePG; other kinds are called so too. */
const CLUSTERS = 'clusters.postgresql.cnpg.io';
const KINDS = [
  ...['deployments', 'statefulsets', 'replicasets', 'pods', 'persistentvolumeclaims', 'services'],
  ...['endpointslices', 'serviceaccounts', 'ingresses', 'networkpolicies', 'configmaps'],
  ...['poddisruptionbudgets', 'horizontalpodautoscalers', 'httproutes', CLUSTERS],
];
const LOG_LIMITS = [`--tail=${limits.reportLogLines}`, `--limit-bytes=${limits.reportLogBytes}`];
const SECRETS_PATH = 'secrets.json';
const OPERATOR = 'dumbkv-operator';
const OPERATOR_SELECTOR = `--selector=app.kubernetes.io/name=${OPERATOR}`;

interface Event {
  involvedObject?: { name?: string };
}

/** Collects and redacts. */
export class Collection {
  readonly files: ArchivedFile[] = [];
  readonly #kubectl: Kubectl;
  readonly #dumbkv: DumbKV;
  readonly #operatorNamespace: string;
  #words: string[] = [];

  constructor(kubectl: Kubectl, dumbkv: DumbKV, operatorNamespace: string) {
    this.#kubectl = kubectl;
    this.#dumbkv = dumbkv;
    this.#operatorNamespace = operatorNamespace;
  }

  /** All there is. */
  async collect(): Promise<ArchivedFile[]> {
    // first, so that all that follows can be searched for what they hold
    await this.#secrets();
    this.#addObject('dumbkv.json', this.#dumbkv);
    await this.#part('versions.json', async () => this.#json(['version']));
    await this.#part('storageclasses.json', async () => this.#json(['get', 'storageclasses']));
    for (const kind of KINDS) {
      const args = ['get', kind, `--selector=${this.#selector}`];
      await this.#part(`objects/${kind}.json`, async () => this.#json(args));
    }
    await this.#part('events.json', () => this.#events());
    await this.#podLogs();
    await this.#operator();
    return this.files;
  }

  /** Whether the Secrets could be read, so that what they hold was looked for everywhere. */
  get knowsSecrets(): boolean {
    return this.files.some(({ path }) => path === SECRETS_PATH);
  }

  get #selector(): string {
    return childrenOf(this.#dumbkv.metadata.name);
  }

  #addObject(path: string, object: unknown): void {
    this.#addText(path, `${JSON.stringify(redactedObject(object), null, 2)}\n`);
  }

  #addText(path: string, text: string): void {
    this.files.push({ path, text: scrubbed(text, this.#words) });
  }

  async #json(args: readonly string[]): Promise<unknown> {
    return this.#kubectl.json(args);
  }

  /** Adds what `fetch` gives; if it cannot be had, why. */
  async #part(path: string, fetch: () => Promise<unknown>): Promise<void> {
    try {
      const found = await fetch();
      if (typeof found === 'string') this.#addText(path, found);
      else this.#addObject(path, found);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#addText(`${path}.missing`, `${error.message}\n`);
    }
  }

  /** Of a Secret only its name and the names of its fields are kept. */
  async #secrets(): Promise<void> {
    await this.#part(SECRETS_PATH, async () => {
      const secrets = await this.#kubectl.list('secrets', `--selector=${this.#selector}`);
      this.#words = secretWords(secrets as SecretData[]);
      return secrets.map(({ metadata, ...rest }) => ({
        metadata,
        fields: Object.keys((rest as SecretData).data ?? {}),
      }));
    });
  }

  /** Events of the instance and of what is called after it. */
  async #events(): Promise<unknown> {
    const { name } = this.#dumbkv.metadata;
    const all = (await this.#kubectl.list('events')) as unknown as Event[];
    return all.filter(({ involvedObject }) => {
      const about = involvedObject?.name ?? '';
      return about === name || about.startsWith(`${name}-`);
    });
  }

  async #podLogs(): Promise<void> {
    let pods: ApiObject[] = [];
    await this.#part('logs/pods.json', async () => {
      pods = await this.#kubectl.list('pods', `--selector=${this.#selector}`);
      return pods.map(({ metadata }) => metadata.name);
    });
    for (const { metadata, spec } of pods) {
      const containers = (spec?.containers ?? []) as { name: string }[];
      for (const container of containers) await this.#logsOf(metadata.name, container.name);
    }
  }

  async #logsOf(pod: string, container: string): Promise<void> {
    const args = ['logs', pod, `--container=${container}`, ...LOG_LIMITS];
    const path = `logs/${pod}-${container}`;
    await this.#part(`${path}.log`, () => this.#kubectl.output(args));
    await this.#part(`${path}.previous.log`, () => this.#kubectl.output([...args, '--previous']));
  }

  /** The operator, and what it logged of this instance and of none. */
  async #operator(): Promise<void> {
    const where = `--namespace=${this.#operatorNamespace}`;
    const args = ['get', 'deployment', OPERATOR, where];
    await this.#part('operator/deployment.json', () => this.#json(args));
    await this.#part('operator/operator.log', async () => {
      const log = ['logs', where, OPERATOR_SELECTOR, ...LOG_LIMITS];
      return linesAbout(await this.#kubectl.output(log), this.#dumbkv);
    });
  }
}

/** The lines of the operator's log that are about this DumbKV, or about none. Pure. */
export function linesAbout(log: string, { metadata }: DumbKV): string {
  const key = `${metadata.namespace}/${metadata.name}`;
  return log
    .split('\n')
    .filter((line) => (/"key":"(?<key>[^"]*)"/.exec(line)?.groups?.key ?? key) === key)
    .join('\n');
}
