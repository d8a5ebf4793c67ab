/**
 * The claims and what they sum up to as bytes of one moment: what a start reads in place of all the
 * rows. It needs no more checks than its own: what was committed after it is taken in, and then the
 * sums must be those that were written with the last commit.
 */
import type { Lanes, StateSums } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import { ClaimIndex } from './claim-index.js'
import type { HashKey } from './half-siphash.js'
import { ImageError, ImageReader, ImageWriter, type ImageSource } from './image.js'
import type { LiveState } from './live-state.js'

/** 3: a key's row is its value and its kind. */
const VERSION = 3

export type SumsJson = readonly (readonly [
  author: AuthorId,
  day: number,
  lanes: readonly number[],
])[]

interface Small {
  readonly version: number
  readonly number: number
  readonly sums: SumsJson
}

export interface ClaimsImage {
  /** Number of the last commit in it. */
  readonly number: number
  readonly sums: SumsJson
  readonly claims: ClaimIndex
}

/** Good for as long as nothing is committed. */
export function claimsImage({ number, sums, claims }: LiveState): readonly Uint8Array[] {
  const image = new ImageWriter({ isCopy: false })
  const small: Small = { version: VERSION, number, sums: sumsJson(sums) }
  image.json(small)
  claims.write(image)
  return image.chunks
}

/** The exact inverse; undefined where it is none of ours. */
export function claimsFrom(source: ImageSource, hashKey?: HashKey): ClaimsImage | undefined {
  const image = new ImageReader(source)
  try {
    const { version, number, sums } = image.json() as Small
    if (version !== VERSION) return undefined
    const claims = ClaimIndex.read(image, hashKey)
    return image.isAtEnd ? { number, sums, claims } : undefined
  } catch (error) {
    if (error instanceof ImageError) return undefined
    throw error
  }
}

export function sumsJson(sums: StateSums): SumsJson {
  return sums.entries().map(({ author, day, lanes }) => [author, day, [...lanes]])
}

export function takeSums(sums: StateSums, told: SumsJson): void {
  for (const [author, day, lanes] of told) sums.set(author, day, Uint32Array.from(lanes) as Lanes)
}
