/** Commands people type who come from elsewhere: declared, so that the controller lets them through to a useful answer. */
import { type Command, command } from '../cli/command.ts';
import { Failure } from '../errors.ts';

const spokenElsewhere: Readonly<Record<string, string>> = {
  create:
    'A cluster is a block: write postgres "my-app" "db" { image = "postgres:17" } into a file and run vd apply -f <file>. vd pg:defaults prints every field.',
  destroy: 'A cluster goes with vd delete <scope>/<name>, and its data with --prune.',
  status: didYouMean('info <scope>/<name>'),
  exec: didYouMean('psql <scope>/<name> -c "<sql>"'),
  connect: didYouMean('psql <scope>/<name>'),
  shell: didYouMean('psql <scope>/<name>'),
  rotate: didYouMean('new-password <scope>/<name>'),
  'credentials:rotate': didYouMean('new-password <scope>/<name>'),
  attach: didYouMean('link <scope>/<name> <app>'),
  detach: didYouMean('unlink <scope>/<name> <app>'),
  switchover: didYouMean('promote <scope>/<name> --replica <n>'),
};

function didYouMean(line: string): string {
  return `Did you mean vd pg:${line}?`;
}

export const elsewhere: readonly Command[] = Object.entries(spokenElsewhere).map(([name, hint]) =>
  command({
    name,
    summary: hint,
    hidden: true,
    anyWords: true,
    params: {},
    examples: [],
    run: () => {
      throw new Failure('usage', `${name} is not a command of voodu-postgres`, { hint });
    },
  }),
);
