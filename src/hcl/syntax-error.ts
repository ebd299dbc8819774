/**
 * hcl2json's errors for people. It has two stages: `parse config: […]` is HCL's own diagnosis with file and line,
 * `convert to HCL: …` means that the text is fine and only does not fit hcl2json's way of nesting labels.
 */
import { Failure, type Problem } from '../errors.ts';

/** The failure behind an error of the parser, or undefined where the text itself is valid. */
export function syntaxFailure(filename: string, error: unknown): Failure | undefined {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('convert to HCL: ')) return undefined;
  const diagnosis = /^parse config: \[?([\s\S]*?)\]?$/.exec(message)?.[1];
  if (diagnosis === undefined)
    return new Failure('internal', `cannot parse hcl: ${message}`, { cause: error });
  const problems = diagnosisProblems(filename, diagnosis);
  const [first, ...others] = problems;
  if (first === undefined) return new Failure('spec', `${filename}: ${diagnosis}`);
  return new Failure('spec', `${first.path}: ${first.message}`, {
    ...(first.hint ? { hint: first.hint } : {}),
    problems: others,
  });
}

/** Entries look like `f.hcl:3,2-4: Summary; A sentence or two.`, one after the other on one line. */
function diagnosisProblems(filename: string, diagnosis: string): Problem[] {
  const place = `${filename.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}:(\\d+),\\d+-(?:\\d+,)?\\d+`;
  const heads = [...diagnosis.matchAll(new RegExp(`${place}: ([^;]*); `, 'g'))];
  return heads.map((head, index) => {
    const [whole, line, summary = ''] = head;
    const detail = diagnosis.slice(head.index + whole.length, heads[index + 1]?.index).trim();
    const message = summary.charAt(0).toLowerCase() + summary.slice(1);
    return { path: `${filename}:${line}`, message, ...(detail ? { hint: detail } : {}) };
  });
}
