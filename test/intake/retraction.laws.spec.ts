/**
 * A retraction, or a correction with a shorter life, in every order in which a mesh may bring it:
 * copies, late ones, and envelopes whose payload others have dropped because it was over. From the
 * moment it is known, nothing that it takes back stands, at any time that is still to come. Through
 * the real draft and index, looked at after every arrival; the soak `retraction` folds entries.
 */
import assert from 'node:assert/strict'
import { claimAt, claimRegister } from '../../src/core/claims.js'
import { openParts, seal, type Envelope } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { keyOf } from '../../src/core/indicator.js'
import { HOUR_MS } from '../../src/core/limits.js'
import type { Report, Revocation } from '../../src/core/statement.js'
import { Draft } from '../../src/lookup/draft.js'
import { LiveState } from '../../src/lookup/live-state.js'
import { Random } from '../support/random.js'
import { authorNamed, report, revocation, T0 } from '../support/samples.js'

const BY = authorNamed('A')
const OWN = authorNamed('own').author
const KEY = keyOf(report())
const LOGS = 48
const HOURS = 24

/** A log whose last envelope takes back all that it said before, and perhaps says less instead. */
interface Log {
  readonly envelopes: readonly Envelope[]
  /** The same without their payloads. */
  readonly bare: readonly Envelope[]
  readonly corrected: boolean
}

function logOf(chance: Random): Log {
  const envelopes: Envelope[] = []
  const say = (...statements: (Report | Revocation)[]) => {
    const last = envelopes.at(-1)
    const { networkId } = OPEN_FEDERATION
    const place = { networkId, seq: (last?.seq ?? 0) + 1, prev: last?.id ?? null, time: T0 }
    envelopes.push(seal(place, statements, BY.seed, BY.author))
  }
  const hours = () => T0 + chance.between(1, HOURS) * HOUR_MS
  const earlier = chance.between(1, 5)
  for (let i = 0; i < earlier; i++) {
    const until = hours()
    // What our own door would not write, too: a revocation that is over before what it takes back.
    say(chance.chance(0.25) ? revocation({ until }) : report({ until, confidence: 50 + i }))
  }
  const end = Math.max(...envelopes.map(({ expires }) => expires))
  const corrected = chance.chance(0.5)
  const short = report({ until: Math.min(hours(), end), action: 1 })
  if (corrected) say(revocation({ until: end }), short)
  else say(revocation({ until: end }))
  const bare = envelopes.map(({ header, signature }) => {
    const opened = openParts(header, signature, null)
    return opened.ok ? opened.value : assert.fail(opened.code)
  })
  return { envelopes, bare, corrected }
}

/** Each at least once, some again, in any order; what is over by `pruneMs` may come bare. */
function arrivalsOf({ envelopes, bare }: Log, pruneMs: number, chance: Random): Envelope[] {
  const arrivals: Envelope[] = []
  for (const [i, envelope] of envelopes.entries()) {
    const copies = chance.chance(0.3) ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const isBare = envelope.expires <= pruneMs && chance.chance(0.5)
      arrivals.splice(chance.below(arrivals.length + 1), 0, isBare ? bare[i]! : envelope)
    }
  }
  return arrivals
}

function check(log: Log, chance: Random): void {
  const { envelopes, corrected } = log
  const last = envelopes.at(-1)!
  const pruneMs = T0 + chance.below(HOURS + 1) * HOUR_MS
  const state = new LiveState(OWN)
  let known = false
  for (const envelope of arrivalsOf(log, pruneMs, chance)) {
    const draft = new Draft(state)
    draft.addEnvelope(envelope, T0)
    state.apply(draft.changes())
    known ||= envelope === last
    if (!known) continue
    for (const now of [pruneMs, pruneMs + HOUR_MS, pruneMs + chance.below(HOURS) * HOUR_MS - 1]) {
      if (now < pruneMs) continue
      const claim = claimAt(state.claims.of(claimRegister(KEY, BY.author)), now)
      if (claim === undefined) continue
      assert.ok(corrected && claim.envelope.id === last.id, 'what was taken back stands again')
      assert.ok(now < claim.report.until, 'a correction outlives itself')
    }
  }
}

const seed = Number(process.env['SEED'] ?? 20261123)
const runs = Number(process.env['RUNS'] ?? 20_000)

describe(`a retraction as it arrives (SEED=${seed} RUNS=${runs})`, () => {
  it('in any order, with copies and dropped payloads: what it takes back never returns', () => {
    const chance = new Random(seed)
    const logs = Array.from({ length: LOGS }, () => logOf(chance))
    for (let run = 0; run < runs; run++) check(logs[run % LOGS]!, chance)
  }).timeout(1_800_000)
})
