/**
 * What is said of a question, register by register. Of a keyed value it is what is said of any of
 * its forms, as if they were one key: of one author the newest word counts, in whatever epoch it
 * was said, so that a claim made under an old key is replaced and taken back under a new one.
 */
import { take, type ClaimEntry } from '../core/claims.js'
import { formsOf, keyOf, type Question } from '../core/indicator.js'
import type { AuthorClaims, ClaimIndex } from './claim-index.js'

export function registersOn(claims: ClaimIndex, question: Question): readonly AuthorClaims[] {
  if (question.older === undefined) return claims.on(keyOf(question))
  const byPlace = new Map<string, AuthorClaims[]>()
  for (const form of formsOf(question)) {
    for (const register of claims.on(keyOf(form))) {
      const place = `${register.author} ${register.kind} ${register.about ?? ''}`
      const others = byPlace.get(place)
      if (others === undefined) byPlace.set(place, [register])
      else others.push(register)
    }
  }
  return [...byPlace.values()].map(folded)
}

/** A staircase is the same in whatever order its entries came. */
function folded(registers: readonly AuthorClaims[]): AuthorClaims {
  const [first, ...others] = registers
  let { staircase } = first!
  const entries = others.flatMap((other): readonly ClaimEntry[] => other.staircase)
  for (const entry of entries) staircase = take(staircase, entry)
  return { ...first!, staircase }
}
