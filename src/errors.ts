/**
 * The failure vocabulary. Every refusal and every broken dependency ends up as one `Failure`:
 * a lowercase message that names the subject and the measured number, and a hint that says what to do next.
 */

/** Each kind of failure and the exit status a caller sees. */
export const failureExit = {
  /** The command line is wrong: unknown flag, missing argument. */
  usage: 2,
  /** The postgres block is wrong. */
  spec: 1,
  /** The state of the cluster forbids it. */
  refused: 1,
  'not-found': 1,
  /** The controller did not do what was asked. */
  controller: 1,
  docker: 1,
  postgres: 1,
  /** The work does not fit the controller's time limit. */
  deadline: 1,
  /** A bug in this plugin. */
  internal: 70,
} as const;

export type FailureKind = keyof typeof failureExit;

export interface Problem {
  /** Where in the block, e.g. `pg_config.port`. */
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

export interface FailureDetails {
  readonly hint?: string;
  readonly problems?: readonly Problem[];
  readonly cause?: unknown;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly kind: FailureKind;
  readonly hint: string | undefined;
  readonly problems: readonly Problem[];

  constructor(kind: FailureKind, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.hint = details.hint;
    this.problems = details.problems ?? [];
  }
}

export function isFailure(error: unknown): error is Failure {
  return error instanceof Failure;
}

/** A failure as an operator reads it: the message, each problem on its line, then the hint. */
export function formatFailure(error: unknown): string {
  if (!isFailure(error)) return `internal error: ${error instanceof Error ? error.message : String(error)}`;
  const problems = error.problems.map(
    ({ path, message, hint }) => `  ${path}: ${message}${hint ? ` — ${hint}` : ''}`,
  );
  return [error.message, ...problems, ...(error.hint ? [`hint: ${error.hint}`] : [])].join('\n');
}
