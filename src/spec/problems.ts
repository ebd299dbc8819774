/** Collects everything that is wrong with a block, so that the operator sees it at once. */
import { Failure, type Problem } from '../errors.ts';

export class Problems {
  readonly #found: Problem[] = [];

  add(path: string, message: string, hint?: string): void {
    this.#found.push({ path, message, ...(hint === undefined ? {} : { hint }) });
  }

  throwIfAny(block: string): void {
    if (this.#found.length === 0) return;
    const count = this.#found.length === 1 ? 'a problem' : `${this.#found.length} problems`;
    throw new Failure('spec', `${block} has ${count}:`, { problems: this.#found });
  }
}
