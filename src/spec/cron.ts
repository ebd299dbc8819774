/** Schedules as the controller reads them: five fields, or one of its names (contract 6.9). */

const names = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually'];

const fields = [
  { name: 'minute', from: 0, to: 59 },
  { name: 'hour', from: 0, to: 23 },
  { name: 'day of the month', from: 1, to: 31 },
  { name: 'month', from: 1, to: 12 },
  { name: 'day of the week', from: 0, to: 6 },
] as const;

/** Why this is not a schedule; undefined where it is one. */
export function cronProblem(text: string): string | undefined {
  if (text.startsWith('@'))
    return names.includes(text) ? undefined : `${text} is not one of ${names.join(' ')}`;
  const words = text.trim().split(/\s+/);
  if (text !== words.join(' ') || words.length !== fields.length)
    return `wants five fields (minute hour day month weekday) with one space between them`;
  for (const [index, field] of fields.entries()) {
    const problem = fieldProblem(words[index]!, field);
    if (problem !== undefined) return problem;
  }
  return neverComes(words[2]!, words[3]!) ? `day ${words[2]} does not exist in month ${words[3]}` : undefined;
}

function fieldProblem(word: string, { name, from, to }: (typeof fields)[number]): string | undefined {
  for (const part of word.split(',')) {
    const match = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part);
    const [first, last, step] =
      match?.slice(1).map(number => (number === undefined ? undefined : Number(number))) ?? [];
    if (!match)
      return `${JSON.stringify(part)} is not a ${name} (numbers, *, ranges a-b, steps */n, lists a,b)`;
    const outside = [first, last].find(value => value !== undefined && (value < from || value > to));
    if (outside !== undefined)
      return `${outside} is not a ${name}: ${from} to ${to}${name === 'day of the week' ? ', 0 is Sunday' : ''}`;
    if (first !== undefined && last !== undefined && last < first) return `${part} runs backwards`;
    if (step === 0) return `${part} has a step of 0`;
  }
  return undefined;
}

const longestMonth: Readonly<Record<string, number>> = { '2': 29, '4': 30, '6': 30, '9': 30, '11': 30 };

const neverComes = (day: string, month: string): boolean =>
  /^\d+$/.test(day) && Number(day) > (longestMonth[month] ?? 31);
