/**
 * How a catch-up session ends, and what one envelope's outcome means for the rest of it.
 */
import type { Outcome } from '../core/outcome.js'

export type Ending =
  | { readonly kind: 'level'; readonly accepted: number }
  /** Level but for logs that are being fetched from somebody else. */
  | { readonly kind: 'elsewhere'; readonly accepted: number }
  /** Ours alone: queue full or disk failed. */
  | { readonly kind: 'later' }
  | { readonly kind: 'busy'; readonly retryMs: number }
  | { readonly kind: 'foreign' }
  /** It sent what every honest node refuses. */
  | { readonly kind: 'refused'; readonly code: string }

/**
 * `author`: this log cannot go on here now; the others can. `mismatch`: neither can it, but where
 * the two histories part can be found out.
 */
export type Consequence = Ending | 'author' | 'mismatch'

export function consequence(outcome: Outcome): Consequence | undefined {
  if (outcome.status === 'refused') return { kind: 'refused', code: outcome.code }
  if (outcome.status !== 'ignored') return undefined
  switch (outcome.code) {
    case 'overload':
    case 'store-failed':
    case 'stopping':
    case 'quota':
      return { kind: 'later' }
    case 'author-unknown':
    case 'author-observer':
    case 'network-unknown':
    case 'version-unknown':
    case 'gap':
    case 'forked':
    case 'payload-missing':
      return 'author'
    case 'chain-mismatch':
      return 'mismatch'
  }
}
