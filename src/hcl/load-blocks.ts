/**
 * A manifest text → the blocks an apply would send. `vd` interpolates, parses and maps on the operator's machine;
 * this does the same, so that a preview needs no controller.
 */
import { type Block, toBlocks } from './blocks.ts';
import { interpolate, type Variables } from './interpolate.ts';
import { outline } from './outline.ts';
import { syntaxFailure } from './syntax-error.ts';
import { type ParseHcl, readValues } from './values.ts';

export async function loadBlocks(
  filename: string,
  text: string,
  variables: Variables,
  parse: ParseHcl,
): Promise<Block[]> {
  const hcl = interpolate(text, variables);
  await checkSyntax(parse, filename, hcl);
  const items = outline(hcl);
  return toBlocks(filename, items, await readValues(parse, filename, items));
}

/** A valid text that only does not fit hcl2json's nesting passes: its values are read one by one afterwards. */
async function checkSyntax(parse: ParseHcl, filename: string, hcl: string): Promise<void> {
  try {
    await parse(filename, hcl);
  } catch (error) {
    const failure = syntaxFailure(filename, error);
    if (failure) throw failure;
  }
}
