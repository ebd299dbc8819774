/** Parameters several commands take, declared once. */
import { Unfit } from '../cli/params.ts';
import { parseOrdinal } from '../cluster/ordinal.ts';
import { parseRef } from '../cluster/parse-ref.ts';

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

/** `vd` takes `-o json` for itself as well and prints the controller's envelope around the document; `--json` reaches only us. */
export const jsonSwitch = { type: 'switch', doc: 'print JSON, and nothing around it' } as const;

export const wantsJson = (values: {
  readonly output: 'json' | 'text' | undefined;
  readonly json: boolean;
}): boolean => values.json || values.output === 'json';

export const clusterParam = {
  type: 'positional',
  metavar: '<scope>/<name>',
  doc: 'the cluster',
  parse: parseRef,
} as const;

export const replicaFlag = {
  type: 'flag',
  metavar: '<n>',
  doc: 'number of the pod',
  parse: parseOrdinal,
} as const;

export const requiredReplica = { ...replicaFlag, required: true } as const;
