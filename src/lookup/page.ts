/**
 * Everything live by pages, in the order of the keys: a page begins after a key, so whatever
 * changes between two pages, what was live throughout comes once. Nothing is kept for a reader:
 * each page is one walk over all keys, which stops now and then to let others have their turn.
 */
import { keyOf, indicatorOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import type { LiveState } from './live-state.js'
import { standingClaims } from './standing-claims.js'

export interface PageWish {
  /** The last key of the page before. */
  readonly after: IndicatorKey | undefined
  /** Codes of types. */
  readonly types: readonly number[] | undefined
  /** Name of an organisation with a live claim on it. */
  readonly member: string | undefined
  /** Some live claim is at least as new, by its author's clock. */
  readonly sinceMs: number
  /** Keys on a page. */
  readonly limit: number
}

/** Keys looked at between two turns: about 5 ms. */
const STRIDE = 20_000

/** The next keys; yields where others may have their turn, and returns the page. */
export function* pageOf(
  state: LiveState,
  wish: PageWish,
  now: number,
): Generator<void, readonly Indicator[]> {
  const { after, limit } = wish
  const found: IndicatorKey[] = []
  // The largest key that can still be on the page.
  let last: IndicatorKey | undefined
  let looked = 0
  for (const [key] of state.claims.entries()) {
    if (++looked % STRIDE === 0) yield
    if ((after !== undefined && key <= after) || (last !== undefined && key >= last)) continue
    if (!isWished(state, key, wish, now)) continue
    found.push(key)
    if (found.length < 2 * limit) continue
    found.sort(byText).splice(limit)
    last = found.at(-1)
  }
  return found.sort(byText).slice(0, limit).map(indicatorOf)
}

function isWished(state: LiveState, key: IndicatorKey, wish: PageWish, now: number): boolean {
  const { types, member, sinceMs } = wish
  const indicator = indicatorOf(key)
  if (types !== undefined && !types.includes(indicator.type)) return false
  for (const { claim, author } of standingClaims(state, indicator, now)) {
    if (claim.envelope.time < sinceMs) continue
    if (member === undefined || state.organisationOf(author) === member) return true
  }
  return false
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function cursorOf(indicator: Indicator): string {
  return Buffer.from(keyOf(indicator)).toString('base64url')
}

/** The key behind a cursor; undefined where it is none. */
export function keyAt(cursor: string): IndicatorKey | undefined {
  const key = Buffer.from(cursor, 'base64url').toString()
  const isOne =
    /^\d{1,4}:[\x20-\x7e]+$/.test(key) && cursorOf(indicatorOf(key as IndicatorKey)) === cursor
  return isOne ? (key as IndicatorKey) : undefined
}
