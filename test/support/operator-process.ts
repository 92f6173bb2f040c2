// The operator as a process of its own, as in its image: started with an environment, asked over
// HTTP, ended by a signal. It ends with the test at the latest.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { request } from 'undici';
import { until } from './until.ts';

const MAIN_PATH = new URL('../../operator/main.ts', import.meta.url).pathname;

/** What a page of the process answers. */
export interface Page {
  status: number;
  text: string;
}

/** One process of the operator. */
export class OperatorProcess {
  /** What it wrote to standard output, a line each: its log. */
  readonly log: Record<string, unknown>[] = [];
  /** What it wrote to standard error: nothing, if all is well. */
  errors = '';
  /** The code that it ended with, or the signal; undefined while it runs. */
  ending: number | string | undefined;
  readonly #child: ChildProcess;
  readonly #healthPort: number;
  readonly #metricsPort: number;
  #rest = '';

  private constructor(
    environment: NodeJS.ProcessEnv,
    mainPath: string,
    [healthPort, metricsPort]: [number, number],
  ) {
    this.#healthPort = healthPort;
    this.#metricsPort = metricsPort;
    const ports = { HEALTH_PORT: `${healthPort}`, METRICS_PORT: `${metricsPort}` };
    const { PATH, HOME } = process.env;
    // nothing of the test's own environment, above all no other cluster's credentials
    const env = { PATH, HOME, ...ports, ...environment };
    this.#child = spawn(process.execPath, [mainPath], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (chunk) => this.#read(String(chunk)));
    this.#child.stderr?.on('data', (chunk) => {
      this.errors += String(chunk);
    });
    this.#child.once('close', (code, signal) => {
      this.ending = code ?? signal ?? 'unknown';
    });
  }

  /** Starts a process with these settings, and with ports of its own unless they name others. */
  static async start(
    environment: NodeJS.ProcessEnv,
    mainPath = MAIN_PATH,
  ): Promise<OperatorProcess> {
    const ports = await Promise.all([freePort(), freePort()]);
    return new OperatorProcess(environment, mainPath, ports);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** What `/healthz` or `/readyz` answers; undefined while nothing listens. */
  health(path: '/healthz' | '/readyz'): Promise<Page | undefined> {
    return page(this.#healthPort, path);
  }

  metrics(): Promise<Page | undefined> {
    return page(this.#metricsPort, '/metrics');
  }

  /** Waits until every watch has listed. */
  async ready(): Promise<void> {
    await until('/readyz answers 200', async () => {
      if (this.ending !== undefined) throw new Error(`it ended with ${this.ending}`);
      return (await this.health('/readyz'))?.status === 200;
    });
  }

  /** Sends a signal, and waits for the end, if it has not ended yet. */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    if (this.ending === undefined) this.#child.kill(signal);
    return this.ended();
  }

  /** Waits for the end, which somebody else brings about. */
  async ended(): Promise<number | string> {
    const { code } = await until('the process has ended', () => this.#ending());
    return code;
  }

  // 0 is an ending too
  #ending(): { code: number | string } | undefined {
    return this.ending === undefined ? undefined : { code: this.ending };
  }

  #read(text: string): void {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.log.push(JSON.parse(line));
  }
}

async function page(port: number, path: string): Promise<Page | undefined> {
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`);
    return { status: statusCode, text: await body.text() };
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
