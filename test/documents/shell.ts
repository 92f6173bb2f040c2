// A shell in which a page is read: commands run as they stand, variables and jobs live on until the
// page ends. Only what is this machine's is led elsewhere: which kubectl, and the port 8000.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { commandOf } from '../support/control-plane-process.ts';

const COMMAND_LIMIT_MS = 720_000;
/** The port of this machine that the documents speak of. */
const SHOWN_PORT = 8000;

export interface ShellOptions {
  /** Where commands run. */
  readonly cwd: string;
  /** What stands in for the port 8000. */
  readonly port: number;
  readonly kubeconfigPath?: string;
  /** The built plugin of kubectl. */
  readonly pluginPath?: string;
  /** Further words for `kubectl delete`. */
  readonly deleteOptions?: string;
}

/** A bash with programs of its own before all others. */
export class Shell {
  readonly #port: number;
  readonly #directory = mkdtempSync(join(tmpdir(), 'dumbkv-shell-'));
  readonly #child: ChildProcess;
  readonly #said: AsyncIterator<string>;
  #count = 0;

  constructor({ cwd, port, ...options }: ShellOptions) {
    this.#port = port;
    const bin = join(this.#directory, 'bin');
    mkdirSync(bin);
    if (options.kubeconfigPath !== undefined) writeKubectl(bin, port, options);
    writeFileSync(
      join(this.#directory, '.curlrc'),
      `silent\nshow-error\nconnect-to = "localhost:${SHOWN_PORT}:127.0.0.1:${port}"\n`,
    );
    const env = {
      ...process.env,
      PATH: `${bin}:${join(process.execPath, '..')}:${process.env.PATH}`,
      CURL_HOME: this.#directory,
      KUBECONFIG: options.kubeconfigPath,
    };
    const stdio = ['pipe', 'pipe', 'inherit'] as const;
    this.#child = spawn('bash', ['--noprofile', '--norc'], {
      ...{ cwd, env, detached: true, stdio: [...stdio] },
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('bash has no output');
    this.#said = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Runs a command to its end, or into the background; gives its exit code. */
  async run(text: string): Promise<number> {
    this.#count += 1;
    const [script, output] = [this.#file('sh'), this.#file('out')];
    writeFileSync(script, `${text}\n`);
    this.#child.stdin?.write(`. '${script}' > '${output}' 2>&1 < /dev/null; echo "$?"\n`);
    const timer = setTimeout(() => this.#kill(), COMMAND_LIMIT_MS);
    const { value } = await this.#said.next();
    clearTimeout(timer);
    if (value === undefined) throw new Error(`the shell ended within: ${text}\n${this.output()}`);
    return Number(value);
  }

  /** What the last command has written so far. */
  output(): string {
    const said = readFileSync(this.#file('out'), 'utf8');
    return said.replaceAll(`:${this.#port} `, `:${SHOWN_PORT} `);
  }

  /** Ends the shell with all its jobs. */
  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#kill();
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #file(end: string): string {
    return join(this.#directory, `${this.#count}.${end}`);
  }

  #kill(): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
  }
}

/** Our kubectl may be a program of several names, which looks for no plugins. */
function writeKubectl(bin: string, port: number, options: Partial<ShellOptions>): void {
  const path = join(bin, 'kubectl');
  const lines = [
    '#!/bin/bash',
    `if [ "$1" = dumbkv ]; then exec node '${options.pluginPath}' "\${@:2}"; fi`,
    `[[ " $* " == *" delete "* ]] && set -- "$@" ${options.deleteOptions ?? ''}`,
    `set -- "\${@/#${SHOWN_PORT}:/${port}:}"`,
    `exec ${commandOf('kubectl').join(' ')} --cache-dir='${bin}/cache' "$@"`,
  ];
  writeFileSync(path, `${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
}
