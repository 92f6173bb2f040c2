// An archive in the format of `tar` (ustar), of a few small text files. Pure.
// commands/report.ts compresses and writes it.

const BLOCK_BYTES = 512;
const MODE = '0000600';
const NAME_BYTES_MAX = 100;

/** One file of an archive. */
export interface ArchivedFile {
  path: string;
  text: string;
}

/** The archive of these files, all made at one time. */
export function tarOf(files: readonly ArchivedFile[], at: Date): Buffer {
  const seconds = Math.floor(at.getTime() / 1000);
  const parts = files.flatMap(({ path, text }) => {
    const content = Buffer.from(text);
    return [header(path, content.length, seconds), content, padding(content.length)];
  });
  // two empty blocks are the end
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK_BYTES)]);
}

const padding = (length: number): Buffer =>
  Buffer.alloc((BLOCK_BYTES - (length % BLOCK_BYTES)) % BLOCK_BYTES);

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');

function header(path: string, sizeBytes: number, seconds: number): Buffer {
  if (Buffer.byteLength(path) > NAME_BYTES_MAX) throw new RangeError(`too long a path: ${path}`);
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(path, 0);
  block.write(`${MODE}\0`, 100);
  block.write(`${octal(0, 7)}\0`, 108);
  block.write(`${octal(0, 7)}\0`, 116);
  block.write(`${octal(sizeBytes, 11)}\0`, 124);
  block.write(`${octal(seconds, 11)}\0`, 136);
  block.write('0', 156);
  block.write('ustar\x0000', 257);
  // the sum is taken with spaces in its own place
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
