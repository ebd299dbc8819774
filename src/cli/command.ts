/** A command is a value: what it is called, what it takes, what it does. It returns a reply and never prints. */
import type { Io } from '../io.ts';
import type { ExpandData } from '../protocol/envelope.ts';
import type { Action } from '../protocol/manifest.ts';
import type { Params, Values } from './params.ts';

export interface Context {
  readonly io: Io;
  /** The plugin's directory; its launcher is bin/voodu-postgres. */
  readonly pluginDir: string;
  /** The controller's root on the host, `/opt/voodu` unless it runs elsewhere. */
  readonly root: string;
  /** What the operator typed before the colon: `pg` or `postgres`. */
  readonly typedAs: string;
  /** stdin, read when asked for. */
  readonly stdin: () => Promise<string>;
  /** When the caller's patience ends; work that cannot end by then must not begin. */
  readonly deadline: Date;
}

export type Reply =
  /** Shown to the operator; actions are carried out by the controller after this process has ended. */
  | { readonly type: 'message'; readonly message: string; readonly actions?: readonly Action[] }
  /** Plain text or JSON, printed as it is. */
  | { readonly type: 'text'; readonly text: string; readonly exit?: number }
  | { readonly type: 'json'; readonly value: unknown; readonly exit?: number }
  | { readonly type: 'expand'; readonly data: ExpandData };

export interface Example {
  readonly line: string;
  readonly does: string;
}

export interface Command<P extends Params = Params> {
  readonly name: string;
  readonly summary: string;
  readonly params: P;
  /** Paragraphs under the usage line. */
  readonly details?: string;
  readonly examples: readonly Example[];
  /** Not shown in the overview, e.g. an alias. */
  readonly hidden?: boolean;
  /** Runs whatever words follow its name; none is read. */
  readonly anyWords?: boolean;
  readonly run: (context: Context, values: Values<P>) => Promise<Reply> | Reply;
}

/** Fixes the type of `values` from `params`. */
export function command<const P extends Params>(definition: Command<P>): Command {
  return definition as unknown as Command;
}

export const message = (text: string, actions: readonly Action[] = []): Reply => ({
  type: 'message',
  message: text,
  actions,
});
export const text = (value: string): Reply => ({ type: 'text', text: value });
export const json = (value: unknown): Reply => ({ type: 'json', value });
