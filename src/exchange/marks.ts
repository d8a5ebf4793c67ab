/**
 * The mark that everything on an item comes to: the strictest, wherever it stands. What its source
 * forbids to pass on is refused, and what is not understood might be that.
 */
import { PAP, TLP } from '../core/codes.js'
import { failed, fine, type InputCode, type Result } from '../core/outcome.js'

export interface Marks {
  readonly tlp?: string
  readonly pap?: string
}

/** Levels whose source forbids to pass on what has them. */
export const FORBIDDING: readonly (string | undefined)[] = ['red', 'amber+strict']

/** Names of TLP levels and PAP colours, `undefined` for a mark that nobody here knows. */
export function strictest(
  tlps: readonly (string | undefined)[],
  paps: readonly string[] = [],
): Result<Marks, InputCode> {
  const levels = tlps.map((name) => (name === undefined ? undefined : TLP.parse(name)))
  const colours = paps.map((name) => PAP.parse(name))
  if (levels.includes(undefined) || colours.includes(undefined)) return failed('marking-unknown')
  const tlp = levels.length === 0 ? undefined : TLP.name(Math.min(...(levels as number[])))
  if (FORBIDDING.includes(tlp)) return failed('tlp-forbids')
  const pap = colours.length === 0 ? undefined : PAP.name(Math.min(...(colours as number[])))
  return fine({ ...(tlp === undefined ? {} : { tlp }), ...(pap === undefined ? {} : { pap }) })
}
