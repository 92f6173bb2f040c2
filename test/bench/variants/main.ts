// Builds the server anew with a few of its files replaced: what the benchmark sets it against. A
// file that is no longer there to be replaced ends the build: else the server would meet itself.
// Next: the folders here hold the files, `../peers/dumbkv.ts` runs the builds.
import { fileURLToPath } from 'node:url';
import { build, type Plugin, type RolldownOptions } from 'rolldown';
import shipped from '../../../rolldown.config.ts';

const fromRoot = (path: string): string =>
  fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The files of each build, and in place of which file of the server each one stands. */
const VARIANTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  unsealed: { 'unsealed/seal.ts': 'server/sealing/seal.ts' },
  'one-by-one': {
    'one-by-one/gets.ts': 'server/store/postgres/gets.ts',
    'one-by-one/session.ts': 'server/store/postgres/session.ts',
    'one-by-one/store-limits.ts': 'server/store/store-limits.ts',
  },
};

/** Hands each file to all who ask for the one that it replaces, but not to itself. */
function replacing(files: Readonly<Record<string, string>>): Plugin {
  const replacements = new Map(
    Object.entries(files).map(([file, replaced]) => [
      fromRoot(replaced),
      fromRoot(`test/bench/variants/${file}`),
    ]),
  );
  const used = new Set<string>();
  return {
    name: 'replacing',
    async resolveId(source, importer) {
      const found = await this.resolve(source, importer, { skipSelf: true });
      const replacement = replacements.get(found?.id ?? '');
      if (replacement === undefined || replacement === importer) return found;
      used.add(replacement);
      return replacement;
    },
    buildEnd() {
      const unused = [...replacements].find(([, file]) => !used.has(file));
      if (unused) throw new Error(`nothing asks for ${unused[0]}: see test/bench/variants/main.ts`);
    },
  };
}

for (const [name, files] of Object.entries(VARIANTS)) {
  const { output, plugins, ...options } = shipped as RolldownOptions;
  const dir = `dist/${name}`;
  await build({
    ...options,
    plugins: [plugins, replacing(files)],
    output: { ...output, dir },
    logLevel: 'warn',
  });
}
