/** The view of what acts, brought up to date for whoever reads it; one refresh serves all. */
import type { Action } from '../core/codes.js'
import { Enforced, type EnforcedParts } from '../lookup/enforced.js'
import { unhurried } from './unhurried.js'

/** Made when somebody first asks: a node without such readers pays nothing. */
export class EnforcedView {
  readonly #parts: EnforcedParts
  #view: Enforced | undefined
  #running: Promise<Enforced> | undefined

  constructor(parts: EnforcedParts) {
    this.#parts = parts
  }

  /** As of now or later. */
  async now(): Promise<Enforced> {
    // One that began before this call may have passed by what has changed since.
    if (this.#running !== undefined) await this.#running
    return (this.#running ??= this.#refresh())
  }

  /** Sorted by text, so that the same list is the same bytes. */
  async list(least: Action, now: number): Promise<readonly { value: string; action: Action }[]> {
    const view = await this.now()
    return [...view.all(least, now)].sort((a, b) => (a.value < b.value ? -1 : 1))
  }

  async #refresh(): Promise<Enforced> {
    const view = (this.#view ??= new Enforced(this.#parts))
    try {
      await unhurried(view.refresh(), () => undefined)
      return view
    } finally {
      this.#running = undefined
    }
  }
}
