/** The policy in force and how it changes, for whoever shows or changes it. Types only. */
import type { Failure } from '../core/outcome.js'
import type { PolicyReading } from './policy-file.js'
import type { PolicyNote } from './reading.js'
import type { Policy } from './rules.js'

export interface PolicyInForce {
  readonly policy: Policy
  /** As it was written. */
  readonly text: string
  /** When a policy of this hash came into force; milliseconds. */
  readonly sinceMs: number
  /**
   * file: this operator's own. packaged: the default. history: the last good one, because its file
   * could not be used when the node started.
   */
  readonly source: 'file' | 'packaged' | 'history'
  /** Where changes are looked for. */
  readonly path: string
  readonly warnings: readonly PolicyNote[]
}

/** What a policy may have in shadow; a type by all its names. */
export type Shadowed =
  { readonly all: true } | { readonly member: string } | { readonly type: readonly string[] }

export interface Policies {
  inForce(): PolicyInForce
  /** Why the file is not what is in force; empty where it is. */
  errors(): readonly PolicyNote[]
  /** What a text would mean; changes nothing. */
  read(text: string): PolicyReading
  /** The text that has one thing in shadow no longer; '' where it has none such. */
  withoutShadow(text: string, what: Shadowed): string
  /**
   * Writes a text that was read without errors to the file; in force when it resolves. Throws
   * `StoreError` where the file cannot be written.
   */
  apply(text: string): Promise<{ readonly ok: true } | Failure<'policy-packaged'>>
}
