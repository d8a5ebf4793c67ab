/**
 * Only garbage and protocol misbehaviour may cost; gossipsub itself says whether the numbers are
 * sound.
 */
import assert from 'node:assert/strict'
import {
  validatePeerScoreParams,
  validatePeerScoreThresholds,
} from '@chainsafe/libp2p-gossipsub/score'
import { authorOf, peerNameOf, type AuthorId } from '../../src/core/identity.js'
import { MINUTE_MS } from '../../src/core/limits.js'
import type { Outcome } from '../../src/core/outcome.js'
import { Ledger } from '../../src/mesh/ledger.js'
import { scoreParams, SCORE_THRESHOLDS } from '../../src/mesh/scoring.js'

const TOPIC = '/tocsin/1/x/envelopes'

describe('mesh scoring', () => {
  it('passes gossipsub’s own validators', () => {
    validatePeerScoreParams(scoreParams([TOPIC, `${TOPIC}2`], () => 0))
    validatePeerScoreThresholds(SCORE_THRESHOLDS)
  })

  it('gives no weight to silence, speed, age or address', () => {
    const params = scoreParams([TOPIC], () => 0)
    const topic = params.topics[TOPIC]!
    assert.equal(params.IPColocationFactorWeight, 0)
    assert.equal(topic.timeInMeshWeight, 0)
    assert.equal(topic.firstMessageDeliveriesWeight, 0)
    assert.equal(topic.meshMessageDeliveriesWeight, 0)
    assert.equal(topic.meshFailurePenaltyWeight, 0)
    assert.ok(topic.invalidMessageDeliveriesWeight < 0)
  })

  it('leaves one refused envelope above the thresholds, and eight below all of them', () => {
    const score = (charge: number) => {
      const params = scoreParams([TOPIC], () => charge)
      const topic = params.topics[TOPIC]!
      return params.appSpecificScore('x') + topic.invalidMessageDeliveriesWeight * charge ** 2
    }
    assert.ok(score(1) < 0 && score(1) > SCORE_THRESHOLDS.gossipThreshold)
    assert.ok(score(4) <= SCORE_THRESHOLDS.publishThreshold)
    assert.ok(score(8) <= SCORE_THRESHOLDS.graylistThreshold)
  })
})

describe('mesh ledger', () => {
  const from: AuthorId = authorOf(new Uint8Array(32))
  const refused: Outcome = { status: 'refused', code: 'payload-hash' }

  it('counts by outcome and code and charges only what was refused', () => {
    const told: unknown[] = []
    const debug = (code: string, fields = {}) => void told.push({ code, ...fields })
    const ledger = new Ledger(() => 0, { debug })
    ledger.note(from, { status: 'ignored', code: 'gap' })
    ledger.note(from, { status: 'ignored', code: 'gap' })
    ledger.note(from, { status: 'duplicate', id: '' as never })
    assert.equal(ledger.chargeOf(from), 0)
    ledger.note(from, refused)
    assert.equal(ledger.chargeOf(from), 1)
    assert.deepEqual(ledger.counts(from), {
      'ignored:gap': 2,
      duplicate: 1,
      'refused:payload-hash': 1,
    })
    const line = { code: 'mesh-envelope-not-taken', peer: peerNameOf(from) }
    const outcomes = ['ignored:gap', 'ignored:gap', 'refused:payload-hash']
    assert.deepEqual(
      told,
      outcomes.map((outcome) => ({ ...line, outcome })),
    )
  })

  it('lets a charge fade to nothing, and a clock set back changes it by nothing', () => {
    let now = 10 * MINUTE_MS
    const ledger = new Ledger(() => now)
    for (let i = 0; i < 8; i++) ledger.note(from, refused)
    now += 2 * MINUTE_MS
    assert.equal(ledger.chargeOf(from), 4)
    now = 0
    assert.equal(ledger.chargeOf(from), 8)
    now = 60 * MINUTE_MS
    assert.equal(ledger.chargeOf(from), 0)
  })
})
