/**
 * stdin and stdout by plain reads and writes: before its first byte a stream of node's costs a tenth of a bare start,
 * and `expand` runs on every apply. Where the other side made its end non-blocking, the stream takes over.
 */
import { fstatSync, readSync, writeSync } from 'node:fs';

/** All of stdin; nothing from a terminal or /dev/null. */
export async function readStdin(): Promise<string> {
  if (fstatSync(0).isCharacterDevice()) return '';
  const chunks: Uint8Array[] = [];
  const buffer = Buffer.allocUnsafe(65_536);
  try {
    for (;;) {
      const length = readSync(0, buffer);
      if (length === 0) break;
      chunks.push(Buffer.from(buffer.subarray(0, length)));
    }
  } catch (error) {
    if (codeOf(error) !== 'EAGAIN') throw error;
    for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Resolves when all bytes are handed over, or nobody is left to read them. A pipe takes only part of a large reply at once. */
export async function print(output: string): Promise<void> {
  let rest: Uint8Array = Buffer.from(output);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  } catch (error) {
    if (codeOf(error) === 'EPIPE') return;
    if (codeOf(error) !== 'EAGAIN') throw error;
    await new Promise<void>(resolve =>
      process.stdout.on('error', () => resolve()).write(rest, () => resolve()),
    );
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
