/**
 * Changes to this node's own lists: rows of the same one writer, so they are atomic with respect to
 * everything else, numbered in the same order, and seen by every reader at once.
 */
import type { OwnChange } from '../core/own-rows.js'
import type { Clock, Registrar } from '../core/ports.js'
import type { Writer } from './writer.js'

export class OwnLists implements Registrar {
  readonly #writer: Writer
  readonly #clock: Clock

  constructor(dependencies: { readonly writer: Writer; readonly clock: Clock }) {
    this.#writer = dependencies.writer
    this.#clock = dependencies.clock
  }

  /** All of them in one commit. */
  change(...changes: readonly OwnChange[]): Promise<void> {
    return this.#writer.submit((draft) => {
      for (const change of changes) draft.changeOwn(change, this.#clock())
    })
  }
}
