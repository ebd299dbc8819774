/**
 * What a command takes, as values from which parsing, usage and types derive.
 * A parameter's `parse` turns the typed word into its value or says what it wants instead.
 */

export interface Positional<T> {
  readonly type: 'positional';
  readonly metavar: string;
  readonly doc: string;
  readonly optional?: boolean;
  readonly parse: (word: string) => T;
}

export interface Flag<T> {
  readonly type: 'flag';
  readonly metavar: string;
  readonly doc: string;
  readonly short?: string;
  readonly aliases?: readonly string[];
  readonly required?: boolean;
  readonly parse: (word: string) => T;
}

export interface Switch {
  readonly type: 'switch';
  readonly doc: string;
  readonly short?: string;
}

/** Everything after `--`. */
export interface Rest {
  readonly type: 'rest';
  readonly metavar: string;
  readonly doc: string;
}

export type Param = Positional<unknown> | Flag<unknown> | Switch | Rest;
export type Params = Readonly<Record<string, Param>>;

export type ValueOf<P> = P extends { type: 'switch' }
  ? boolean
  : P extends { type: 'rest' }
    ? readonly string[]
    : P extends { parse: (word: string) => infer T }
      ? P extends { required: true } | { type: 'positional'; optional?: never }
        ? T
        : T | undefined
      : never;

export type Values<P extends Params> = { readonly [K in keyof P]: ValueOf<P[K]> };

/** A parse function says what it wants by throwing this; the parser adds which parameter it was. */
export class Unfit extends Error {}

export const asText = (word: string): string => word;
