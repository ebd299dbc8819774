import { Unfit } from '../cli/params.ts';
import type { ClusterRef } from './names.ts';

export function parseRef(word: string): ClusterRef {
  const match = /^([A-Za-z0-9][A-Za-z0-9_-]*)\/([A-Za-z0-9][A-Za-z0-9_-]*)$/.exec(word);
  if (!match) throw new Unfit('wants <scope>/<name>, like my-app/db');
  return { scope: match[1]!, name: match[2]! };
}

/** One half of a ref. */
export const isRefWord = (word: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]*$/.test(word);
