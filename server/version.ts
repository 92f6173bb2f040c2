// The release that this is, for `--version`.
// Next: the terminal.
import manifest from '../package.json' with { type: 'json' };

export const versionText = `dumbkv ${manifest.version}\n`;
