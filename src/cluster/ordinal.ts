/** The number of a pod. A type of its own, so that a replica count cannot pass for one. */
import { Unfit } from '../cli/params.ts';

declare const ordinalBrand: unique symbol;
export type Ordinal = number & { readonly [ordinalBrand]: true };

export const ordinal = (value: number): Ordinal => value as Ordinal;

export function parseOrdinal(word: string): Ordinal {
  if (/^\d{1,2}$/.test(word)) return ordinal(Number(word));
  throw new Unfit('wants the number of a pod, like 1');
}
