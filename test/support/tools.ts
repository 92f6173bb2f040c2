// Where helm, actionlint and kube-score are, which test/tools/build compiles for the tests that run
// them.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type Tool = 'helm' | 'actionlint' | 'kube-score';

/** How a tool ended. */
export interface ToolResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The path of a tool; throws when it was not compiled. */
export function pathOf(tool: Tool, environment = process.env): string {
  const caches = environment.XDG_CACHE_HOME || join(environment.HOME || homedir(), '.cache');
  const path = join(environment.DUMBKV_CACHE || join(caches, 'dumbkv'), 'bin', tool);
  if (existsSync(path)) return path;
  throw new Error(`no ${tool} to test with: run \`test/tools/build\` to compile it`);
}

/** Runs a tool to its end. */
export function runTool(
  tool: Tool,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): ToolResult {
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...environment };
  const { status, stdout, stderr, error } = spawnSync(pathOf(tool), [...args], {
    ...{ env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  });
  if (error !== undefined) throw error;
  return { code: status, stdout, stderr };
}
