/**
 * The keys of a federation's epochs. A file of the federation is a set of them; two files are
 * merged by union, so that operators who rotate at once, or exchange files in whatever order, end
 * with the same keys in the same order. What a key is still good for follows from when the next one
 * was made.
 */
import { createHash } from 'node:crypto'
import { bytesOf, type EpochKey } from './identity.js'
import { DAY_MS } from './limits.js'

/**
 * newest: new statements are made with it. accepted: members may not have the newest yet, so what
 * they say with it still acts. look-ups: what was said with it before acts to its end. over:
 * nothing can live under it any more.
 */
export type EpochStage = 'newest' | 'accepted' | 'look-ups' | 'over'

export interface Epoch extends EpochKey {
  /** First 4 bytes of SHA-256 of the key, in hex: what the value of a statement begins with. */
  readonly id: string
  /** When the next key was made; Infinity for the newest. */
  readonly replacedMs: number
  readonly stage: EpochStage
  /** When its stage ends; Infinity for the newest. */
  readonly untilMs: number
}

/** Members exchange the file by hand: a week is time for that. */
const ACCEPTED_MS = 7 * DAY_MS
/** The longest life of a statement made on the last day that one could be. */
const LOOKED_UP_MS = ACCEPTED_MS + 180 * DAY_MS
/** Each key held costs every look-up one more hash, and nearer rotations would hold many. */
export const ROTATION_MS_MIN = 90 * DAY_MS
/** Keys of one file: twice what regular rotations hold. */
export const EPOCH_KEYS_MAX = 8

export function keyIdOf(key: string): string {
  return createHash('sha256').update(bytesOf(key)).digest('hex').slice(0, 8)
}

/** All keys of both, newest first; one that both have was made when the earlier one says. */
export function mergeKeys(a: readonly EpochKey[], b: readonly EpochKey[]): EpochKey[] {
  const byKey = new Map<string, EpochKey>()
  for (const one of [...a, ...b]) {
    const held = byKey.get(one.key)
    if (held === undefined || one.createdMs < held.createdMs) byKey.set(one.key, one)
  }
  return [...byKey.values()].sort(newestFirst)
}

function newestFirst(a: EpochKey, b: EpochKey): number {
  return b.createdMs - a.createdMs || (a.key < b.key ? 1 : -1)
}

/** What each key is good for at `now`, newest first. */
export function epochsAt(keys: readonly EpochKey[], now: number): Epoch[] {
  return mergeKeys(keys, []).map((one, i, all) => {
    const replacedMs = all[i - 1]?.createdMs ?? Infinity
    return { ...one, id: keyIdOf(one.key), replacedMs, ...stageAt(replacedMs, now) }
  })
}

function stageAt(replacedMs: number, now: number): Pick<Epoch, 'stage' | 'untilMs'> {
  if (replacedMs === Infinity) return { stage: 'newest', untilMs: Infinity }
  const accepted = replacedMs + ACCEPTED_MS
  if (now < accepted) return { stage: 'accepted', untilMs: accepted }
  const lookedUp = replacedMs + LOOKED_UP_MS
  if (now < lookedUp) return { stage: 'look-ups', untilMs: lookedUp }
  return { stage: 'over', untilMs: Infinity }
}

/** Until when what a member says with a key acts; Infinity for the newest. */
export function acceptedUntil({ replacedMs }: Epoch): number {
  return replacedMs + ACCEPTED_MS
}
