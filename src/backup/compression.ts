/** How a dump is compressed. Without a word for it the job takes the fastest that its pg_dump knows: zstd:1, or gzip:1 before 16. */
import { Unfit } from '../cli/params.ts';

export type Method = 'zstd' | 'gzip' | 'lz4' | 'none';

export interface Compression {
  readonly method: Method;
  /** As pg_dump takes it: `gzip:6`, `none`. */
  readonly text: string;
}

interface Levels {
  readonly least: number;
  readonly most: number;
  /** Where none is named. */
  readonly usual: number;
}

const methods: Readonly<Record<Method, Levels | undefined>> = {
  zstd: { least: 1, most: 22, usual: 1 },
  gzip: { least: 1, most: 9, usual: 6 },
  lz4: { least: 1, most: 12, usual: 1 },
  none: undefined,
};

export function parseCompression(word: string): Compression {
  const [method = '', level, ...more] = word.split(':');
  if (!isMethod(method) || more.length > 0)
    throw new Unfit(`wants ${Object.keys(methods).join(', ')}, or one with a level like gzip:6`);
  const levels = methods[method];
  if (levels === undefined) {
    if (level !== undefined) throw new Unfit(`wants ${method} without a level`);
    return { method, text: method };
  }
  const { least, most, usual } = levels;
  const number = level === undefined ? usual : /^\d{1,2}$/.test(level) ? Number(level) : Number.NaN;
  if (!(number >= least && number <= most))
    throw new Unfit(`wants a level of ${method} from ${least} to ${most}`);
  return { method, text: `${method}:${number}` };
}

const isMethod = (word: string): word is Method => Object.hasOwn(methods, word);

/** Of a sidecar's `gzip:6`, or of what pg_restore says of an older plugin's dump. */
export const methodOf = (recorded: string): string => recorded.split(':')[0]!;

/** The first major whose pg_dump knows it. */
export const firstMajorWith = (method: Method): number => (method === 'gzip' || method === 'none' ? 0 : 16);
