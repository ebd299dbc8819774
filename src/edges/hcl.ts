/**
 * HashiCorp's own HCL parser, compiled to wasm. Loading it takes a tenth of a second and starts a Go runtime in this
 * process, so that happens with the first text and not with the import of this file.
 */
import type { ParseHcl } from '../hcl/values.ts';

/** hcl2json's output as it is; rejects with its `parse config: […]` and `convert to HCL: …` errors. */
export const parseHcl: ParseHcl = async (filename, text) => {
  const { parse } = await loadLibrary();
  return parse(filename, text);
};

/** The cast keeps the package's own types out: they bring the browser's globals (`lib="dom"`) into every file. */
async function loadLibrary(): Promise<{ parse: ParseHcl }> {
  // Of a commonjs package every bundler and node agree on `default` alone.
  return (await import('@cdktf/hcl2json' as string)).default;
}
