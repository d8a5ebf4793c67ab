/** Made-up authors and statements: fixed seeds, documentation addresses, one moment in time. */
import { createHash } from 'node:crypto'
import { canonicalise } from '../../src/core/canonical-form.js'
import type { ClaimEntry } from '../../src/core/claims.js'
import { seal, type Envelope, type EnvelopeRef, type Place } from '../../src/core/envelope.js'
import { authorOf, envelopeIdOf, OPEN_FEDERATION, type AuthorId } from '../../src/core/identity.js'
import type { Indicator } from '../../src/core/indicator.js'
import { DAY_MS } from '../../src/core/limits.js'
import { publicKeyOf } from '../../src/core/signature.js'
import type { Report, Revocation, Statement } from '../../src/core/statement.js'

/** 2026-09-01T00:00:00Z */
export const T0 = Date.UTC(2026, 8, 1)

export interface Author {
  readonly seed: Uint8Array
  readonly author: AuthorId
}

/** The key pair that a name stands for, the same in every run. */
export function authorNamed(name: string): Author {
  const seed = createHash('sha256').update(`tocsin/1/vectors/${name}`).digest()
  return { seed, author: authorOf(publicKeyOf(seed)) }
}

export function report(changes: Partial<Report> = {}): Report {
  return {
    kind: 'report',
    until: T0 + DAY_MS,
    type: 1,
    value: '198.51.100.7',
    confidence: 80,
    action: 4,
    tlp: 3,
    pap: 3,
    category: 1,
    firstHand: true,
    evidence: 0,
    campaign: null,
    labels: [],
    ...changes,
  }
}

export function revocation(changes: Partial<Revocation> = {}): Revocation {
  return {
    kind: 'revocation',
    until: T0 + DAY_MS,
    type: 1,
    value: '198.51.100.7',
    reason: 1,
    author: null,
    ...changes,
  }
}

export function sealed(
  by: Author,
  statements: readonly Statement[] = [report()],
  place: Partial<Place> = {},
): Envelope {
  const at = { networkId: OPEN_FEDERATION.networkId, seq: 1, prev: null, time: T0, ...place }
  return seal(at, statements, by.seed, by.author)
}

/** Where an entry comes from, without making the envelope. */
export function refOf(author: AuthorId, seq: number, time = T0): EnvelopeRef {
  const id = envelopeIdOf(createHash('sha256').update(`${author}/${seq}`).digest())
  return { id, author, seq, time }
}

export function entry(
  author: AuthorId,
  seq: number,
  index: number,
  statement: Statement,
  time = T0,
): ClaimEntry {
  return { envelope: refOf(author, seq, time), index, statement }
}

/** As a person or program writes it. */
export function indicator(type: string, raw: string): Indicator {
  const made = canonicalise(type, raw)
  if (!made.ok) throw new Error(`${type} ${raw}: ${made.code}`)
  return made.value
}
