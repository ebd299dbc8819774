/** Commands people type who come from elsewhere: declared, so that the controller lets them through to a useful answer. */
import { type Command, command } from '../cli/command.ts';
import { Failure } from '../errors.ts';

const spokenElsewhere: Readonly<Record<string, string>> = {
  create:
    'A cluster is a block: write postgres "my-app" "db" { image = "postgres:17" } into a file and run vd apply -f <file>. vd pg:defaults prints every field.',
  status: 'Did you mean vd pg:info <scope>/<name>?',
  'credentials:rotate': 'Did you mean vd pg:new-password <scope>/<name>?',
};

export const elsewhere: readonly Command[] = Object.entries(spokenElsewhere).map(([name, hint]) =>
  command({
    name,
    summary: hint,
    hidden: true,
    params: {
      words: {
        type: 'positional',
        metavar: '[…]',
        doc: 'anything',
        optional: true,
        parse: (word: string) => word,
      },
    },
    examples: [],
    run: () => {
      throw new Failure('usage', `${name} is not a command of voodu-postgres`, { hint });
    },
  }),
);
