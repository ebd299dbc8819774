/** Parameters several commands take, declared once. */
import { Unfit } from '../cli/params.ts';

export const outputFormat = {
  type: 'flag',
  short: 'o',
  aliases: ['format'],
  metavar: 'json',
  doc: 'print JSON',
  parse: (word: string): 'json' | 'text' => {
    if (word === 'json' || word === 'text') return word;
    throw new Unfit('wants json or text');
  },
} as const;
