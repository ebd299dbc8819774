/**
 * `${NAME}` and `${NAME:-default}` on the raw text, before any HCL is read: also inside comments and heredocs,
 * because that is what `vd` does (test/unit/hcl/interpolate.test.ts has each rule of contract section 7).
 */
import { Failure } from '../errors.ts';

/** Name → value. An absent name takes its default; an empty value is a value. */
export type Variables = Readonly<Record<string, string | undefined>>;

const variable = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/** `${asset.…}` and `${ref.…}`: the controller fills them in later. */
const serverReference = /\$\{[A-Za-z_][A-Za-z0-9_]*\.[^}]+\}/g;

/** The text that HCL reads: variables replaced, server references escaped so that they arrive as they are written. */
export function interpolate(text: string, variables: Variables): string {
  return escapeServerReferences(replaceVariables(text, variables));
}

function replaceVariables(text: string, variables: Variables): string {
  const undefinedNames = new Set<string>();
  const replaced = text.replace(variable, (whole, name: string, fallback: string | undefined) => {
    const value = (Object.hasOwn(variables, name) ? variables[name] : undefined) ?? fallback;
    if (value === undefined) undefinedNames.add(name);
    return value ?? whole;
  });
  if (undefinedNames.size > 0) throw undefinedVariables([...undefinedNames]);
  return replaced;
}

function escapeServerReferences(text: string): string {
  return text.replace(serverReference, reference => '$' + reference);
}

function undefinedVariables(names: readonly string[]): Failure {
  const first = names[0] ?? 'NAME';
  return new Failure('spec', `undefined variable(s): ${names.join(', ')}`, {
    hint: `Export the value, write a default as \${${first}:-value}, or write $${first} where a shell reads it later.`,
  });
}
