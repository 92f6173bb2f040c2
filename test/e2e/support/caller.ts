// A pod in the namespace of a test from which requests are made as an application would make them:
// by the name of the Service, inside the cluster. One `kubectl exec` carries them all.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { commandOf } from '../../support/control-plane-process.ts';
import type { RelayAnswer, RelayRequest } from './relay.ts';

const POD_NAME = 'caller';
const SCRIPT = readFileSync(new URL('relay.ts', import.meta.url), 'utf8');

/** An answer that came. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** There was no answer; `code` is the failure's, such as ECONNREFUSED. */
export class NoAnswerError extends Error {
  readonly code: string;

  constructor(url: string, code: string) {
    super(`no answer from ${url}: ${code}`);
    this.name = 'NoAnswerError';
    this.code = code;
  }
}

export interface HttpRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

/** The pod, which waits until it is asked something; its image is the server's, for its Node. */
export function callerPod(image: string) {
  const isolated = {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  };
  const container = {
    name: 'caller',
    image,
    command: ['node', '--eval', 'setInterval(() => {}, 60_000)'],
    resources: { requests: { cpu: '10m', memory: '32Mi' } },
    securityContext: isolated,
  };
  const securityContext = {
    runAsNonRoot: true,
    runAsUser: 10001,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  return {
    metadata: { name: POD_NAME, labels: { 'e2e.dumbkv.dev/role': 'caller' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      securityContext,
      containers: [container],
    },
  };
}

/** Makes requests from inside the cluster. */
export class Caller {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: RelayAnswer) => void>();
  #lastId = 0;
  #ended: string | undefined;
  #errors = '';

  /** Starts the relay in the caller pod of a namespace, which must run. */
  constructor(kubeconfigPath: string, namespace: string) {
    const [program = '', ...prefix] = commandOf('kubectl');
    const access = ['--kubeconfig', kubeconfigPath, '--namespace', namespace];
    const node = ['node', '--input-type=module-typescript', '--eval', SCRIPT];
    const args = [...prefix, ...access, 'exec', '--stdin', '--quiet', POD_NAME, '--', ...node];
    this.#child = spawn(program, args);
    this.#child.stderr?.on('data', (chunk) => {
      this.#errors = `${this.#errors}${chunk}`.slice(-2000);
    });
    this.#child.once('close', (code) => this.#end(`kubectl exec ended with ${code}`));
    this.#child.once('error', (error) => this.#end(String(error)));
    // a relay that has ended fails each request by name
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.stdout === null) return;
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#take(line));
  }

  /** Makes one request; throws NoAnswerError if none comes. */
  async request(url: string, request: HttpRequest): Promise<HttpAnswer> {
    const { method = 'GET', headers = {}, body = null, timeoutMs } = request;
    if (this.#ended !== undefined) throw new Error(this.#ended);
    this.#lastId += 1;
    const asked: RelayRequest = { id: this.#lastId, url, method, headers, body, timeoutMs };
    const answered = new Promise<RelayAnswer>((resolve) => this.#waiting.set(asked.id, resolve));
    this.#child.stdin?.write(`${JSON.stringify(asked)}\n`);
    const answer = await answered;
    if ('failure' in answer) throw new NoAnswerError(url, answer.failure);
    return answer;
  }

  /** Ends the relay. */
  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill();
    await gone;
  }

  #take(line: string): void {
    const answer = JSON.parse(line) as RelayAnswer;
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }

  #end(why: string): void {
    this.#ended = `${why}: ${this.#errors.trim()}`;
    for (const [id, resolve] of this.#waiting) resolve({ id, failure: this.#ended });
    this.#waiting.clear();
  }
}
