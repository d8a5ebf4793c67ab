/** States of many clear keys for measurements, made without a log: what two labs say. */
import { registerOf } from '../../src/core/claims.js'
import { putMember } from '../../src/core/roster.js'
import { keyOf, type Indicator } from '../../src/core/indicator.js'
import { LiveState } from '../../src/lookup/live-state.js'
import { authorNamed, refOf, report, T0 } from './samples.js'
import { canonical } from './stage.js'

/** Statements in one envelope. */
const PACKED = 256

export function keyNumbered(i: number): Indicator {
  const n = 0x2d000000 + i
  const quad = [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255].join('.')
  // One in eight is no address.
  return i % 8 === 7 ? canonical('asn', String(100_000 + i)) : canonical('ip', quad)
}

export interface Many {
  readonly state: LiveState
  readonly keys: readonly Indicator[]
}

/** `networks` of ten lengths lie elsewhere, so that addresses have to be held against them. */
export function manyKeys(count: number, networks: number): Many {
  const own = authorNamed('own').author
  const state = new LiveState(own, 'Lab A')
  const other = authorNamed('B').author
  const member = putMember({
    ...{ name: 'B', role: 'member', trust: 'trusted', addedMs: T0 },
    keys: [{ author: other, addresses: [] }],
  })
  state.lists.apply(member)
  const keys = Array.from({ length: count }, (_, i) => keyNumbered(i))
  const until = T0 + 7 * 86_400_000
  const say = (key: Indicator, i: number) => {
    const author = i % 2 === 0 ? own : other
    const envelope = refOf(author, 1 + Math.floor(i / PACKED), T0)
    const entry = { envelope, index: i % PACKED, statement: report({ ...key, until, action: 4 }) }
    const register = registerOf(entry)
    state.claims.set(keyOf(key), { ...register, staircase: [entry] })
  }
  keys.forEach(say)
  for (let i = 0; i < networks; i++) {
    const length = 16 + (i % 10)
    const base = (((0x50000000 + i * 0x40000) >>> 0) & (-1 << (32 - length))) >>> 0
    const quad = [base >>> 24, (base >> 16) & 255, (base >> 8) & 255, base & 255].join('.')
    say(canonical('ip', `${quad}/${length}`), count + i)
  }
  return { state, keys }
}
