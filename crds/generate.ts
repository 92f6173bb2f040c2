// Writes what is made from the schema: the CRD's YAML and the manual's list of fields.
// `--check` writes nothing and ends with exit code 1 when one is stale; an argument is the root.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { customResourceDefinitionYaml } from './definition.ts';
import { withFieldList } from './manual.ts';

const { values, positionals } = parseArgs({
  options: { check: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const [root = join(import.meta.dirname, '..')] = positionals;

const ARTIFACTS: Record<string, (old: string) => string> = {
  'crds/dumbkv.dev_dumbkvs.yaml': customResourceDefinitionYaml,
  'docs/dumbkv.md': withFieldList,
};

for (const [name, contentFrom] of Object.entries(ARTIFACTS)) {
  const old = contentOf(name);
  const content = contentFrom(old);
  if (content === old) continue;
  if (values.check) {
    process.stderr.write(`${name} is stale: run \`npm run generate:crds\` and commit the result\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(join(root, name), content);
    process.stdout.write(`wrote ${name}\n`);
  }
}

function contentOf(name: string): string {
  try {
    return readFileSync(join(root, name), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
