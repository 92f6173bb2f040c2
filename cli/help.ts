// The help texts, made from what the commands say of themselves. Pure; run.ts prints them.
import type { Command, Option } from './context.ts';
import { textTable } from './text-table.ts';

const HEAD = `kubectl dumbkv looks after DumbKV instances: key-value servers that the operator runs.

Usage: kubectl dumbkv COMMAND [NAME] [options]
`;

const TAIL = `
Exit codes: 0 done, 1 failed, 2 wrong arguments, 3 \`status NAME\` of what is not ready.
\`kubectl dumbkv COMMAND --help\` tells more of one command.`;

/** What `kubectl dumbkv help` prints. */
export function overview(
  commands: Readonly<Record<string, Command>>,
  access: Readonly<Record<string, Option>>,
): string {
  const rows = Object.entries(commands).map(([name, { usage, summary }]) => [
    `  ${name} ${usage}`.trimEnd(),
    summary,
  ]);
  const lines = ['Commands:', ...textTable(rows), '', ...optionLines('Which cluster:', access)];
  return `${HEAD}\n${lines.join('\n')}\n${TAIL}`;
}

/** What `kubectl dumbkv COMMAND --help` prints. */
export function commandHelp(
  name: string,
  { usage, summary, details, options }: Command,
  access: Readonly<Record<string, Option>>,
): string {
  return [
    `kubectl dumbkv ${name} ${usage}`.trimEnd(),
    `${summary}.`,
    ...(details === undefined ? [] : ['', details]),
    ...(Object.keys(options).length === 0 ? [] : ['', ...optionLines('Options:', options)]),
    '',
    ...optionLines('Which cluster:', access),
  ].join('\n');
}

function optionLines(title: string, options: Readonly<Record<string, Option>>): string[] {
  const rows = Object.entries(options).map(([name, { short, value, help }]) => {
    const names = `${short === undefined ? '    ' : `-${short}, `}--${name}`;
    return [`  ${names}${value === undefined ? '' : ` ${value}`}`, help];
  });
  return [title, ...textTable(rows)];
}
