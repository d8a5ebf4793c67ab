/**
 * Changes to this node's own lists (roster, tokens): rows of the same one writer, so they are
 * atomic with respect to everything else, numbered in the same order, and seen by every reader at
 * once.
 */
import type { Clock, Registrar } from '../core/ports.js'
import type { StoredToken } from '../core/store-port.js'
import type { RosterChange } from '../core/roster.js'
import type { Writer } from './writer.js'

export class OwnLists implements Registrar {
  readonly #writer: Writer
  readonly #clock: Clock

  constructor(dependencies: { readonly writer: Writer; readonly clock: Clock }) {
    this.#writer = dependencies.writer
    this.#clock = dependencies.clock
  }

  changeRoster(change: RosterChange): Promise<void> {
    return this.#writer.submit((draft) => draft.changeRoster(change, this.#clock()))
  }

  addToken(token: StoredToken): Promise<void> {
    return this.#writer.submit((draft) => draft.addToken(token))
  }

  removeToken(name: string): Promise<void> {
    return this.#writer.submit((draft) => draft.dropToken(name))
  }
}
