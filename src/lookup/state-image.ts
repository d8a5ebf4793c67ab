/**
 * A node's state as bytes of one moment: claims, sums, forks, and this node's own lists as far as
 * verdicts rest on them. Never tokens, and not the secret of its hashes.
 */
import { openFork } from '../core/fork.js'
import { FEED_TABLES } from '../core/feed.js'
import type { Head } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import { failed, fine, type Result } from '../core/outcome.js'
import type { OwnChange } from '../core/own-rows.js'
import type { ForkRevocation } from '../core/store-port.js'
import { ClaimIndex } from './claim-index.js'
import type { HashKey } from './half-siphash.js'
import { ImageError, ImageReader, ImageWriter, sourceOf } from './image.js'
import { LiveState } from './live-state.js'
import { sumsJson, takeSums, type SumsJson } from './claims-image.js'

/** 3: a key's row is its value and its kind. */
const VERSION = 3

interface Small {
  readonly version: number
  readonly number: number
  readonly heads: readonly Head[]
  readonly floors: readonly { readonly author: AuthorId; readonly seq: number }[]
  /** Proofs, in base64. */
  readonly forks: readonly string[]
  readonly forkRevocations: readonly ForkRevocation[]
  readonly own: readonly OwnChange[]
  readonly sums: SumsJson
}

/** Taken at once; the pieces are copies. */
export function stateImage(state: LiveState): readonly Uint8Array[] {
  const image = new ImageWriter({ isCopy: true })
  const heads = [...state.heads.values()]
  const small: Small = {
    version: VERSION,
    number: state.number,
    heads,
    floors: heads.map(({ author }) => ({ author, seq: state.floorOf(author) })),
    forks: [...state.forks.values()].map(({ bytes }) => Buffer.from(bytes).toString('base64')),
    forkRevocations: [...state.forkRevocations.entries()],
    own: FEED_TABLES.flatMap((table) =>
      [...state.lists.of(table)].map(([name, row]) => ({ table, name, row }) as OwnChange),
    ),
    sums: sumsJson(state.sums),
  }
  image.json(small)
  state.claims.write(image)
  return image.chunks
}

export interface ImageOptions {
  readonly own: AuthorId
  readonly name: string
  readonly hashKey: HashKey
}

/** The exact inverse. Never throws, and allocates no more than the bytes themselves say. */
export function stateFrom(
  bytes: Uint8Array,
  { own, name, hashKey }: ImageOptions,
): Result<LiveState, 'image-malformed' | 'image-version-unknown'> {
  const image = new ImageReader(sourceOf(bytes))
  try {
    const small = image.json() as Small
    if (typeof small.version !== 'number') return failed('image-malformed')
    if (small.version !== VERSION) return failed('image-version-unknown')
    const claims = ClaimIndex.read(image, hashKey)
    if (!image.isAtEnd) return failed('image-malformed', 'more than a state')
    return fine(stateOf(small, claims, new LiveState(own, name, hashKey)))
  } catch (error) {
    // Parts of JSON that are of another shape end here, too.
    const isOurs = error instanceof ImageError
    return failed('image-malformed', isOurs ? error.message : 'a part of another shape')
  }
}

function stateOf(small: Small, claims: ClaimIndex, state: LiveState): LiveState {
  const { number, heads, floors, forkRevocations, own } = small
  const forks = small.forks.map((text) => {
    const proof = openFork(new Uint8Array(Buffer.from(text, 'base64')))
    if (proof === undefined) throw new ImageError('a fork proof that proves nothing')
    return proof
  })
  const lists = { sums: [], voids: [], broken: [] }
  state.restore({ number, heads, floors, forks, forkRevocations, own, ...lists })
  state.hold(claims)
  takeSums(state.sums, small.sums)
  return state
}
