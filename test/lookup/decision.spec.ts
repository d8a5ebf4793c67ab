/** Decision ids: they lead this node back to the question, and tell nobody else anything. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Decisions, isDecisionForm, type Decision } from '../../src/lookup/decision.js'
import { canonical } from '../support/stage.js'

const mine = new Decisions(new Uint8Array(32), randomBytes)
const theirs = new Decisions(new Uint8Array(32).fill(1), randomBytes)
const decision = (...asked: Decision['asked']): Decision => ({
  timeMs: Date.UTC(2026, 10, 23, 12),
  policy: '0123456789abcdef',
  action: 'block',
  asked,
})
const IP = canonical('ip', '198.51.100.7')
const ONE = decision(IP)

describe('lookup/decision', () => {
  it('opens what it sealed: one question, a request of several, one of none', () => {
    const many = decision(IP, canonical('domain', 'bad.example'), canonical('ua', 'curl/8'))
    for (const one of [ONE, many, decision()]) assert.deepEqual(mine.open(mine.seal(one)), one)
  })

  it('keeps eight questions of a request, so that an id fits a path', () => {
    const long = canonical('ua', 'x'.repeat(255))
    const id = mine.seal(decision(...Array.from({ length: 20 }, () => long)))
    assert.equal(mine.open(id)!.asked.length, 8)
    assert.ok(id.length < 4_096, `${id.length} characters`)
  })

  it('is nobody else’s: another node opens nothing', () => {
    assert.equal(theirs.open(mine.seal(ONE)), undefined)
    assert.equal(mine.open(theirs.seal(ONE)), undefined)
  })

  it('no bit of it can be changed', () => {
    const id = Buffer.from(mine.seal(ONE), 'base64url')
    for (let bit = 0; bit < id.length * 8; bit++) {
      const changed = Buffer.from(id)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      assert.equal(mine.open(changed.toString('base64url')), undefined, `bit ${bit}`)
    }
    for (const cut of [1, 16, 32]) {
      assert.equal(mine.open(id.subarray(cut).toString('base64url')), undefined)
      assert.equal(mine.open(id.subarray(0, -cut).toString('base64url')), undefined)
    }
  })

  it('never begins with a dash, so that it can be typed after a command', () => {
    const ids = Array.from({ length: 2_000 }, () => mine.seal(ONE))
    assert.ok(!ids.some((id) => id.startsWith('-')))
  })

  it('two ids of one verdict share nothing: not at any place more than by chance', () => {
    const ids = Array.from({ length: 600 }, () => Buffer.from(mine.seal(ONE), 'base64url'))
    assert.equal(new Set(ids.map((id) => id.toString('hex'))).size, ids.length)
    for (let place = 0; place < ids[0]!.length; place++) {
      const counts = new Map<number, number>()
      for (const id of ids) counts.set(id[place]!, (counts.get(id[place]!) ?? 0) + 1)
      // 600 draws of 256: 2.3 of one kind are expected; 20 would be one in 10^12.
      assert.ok(Math.max(...counts.values()) < 20, `place ${place}`)
    }
  })

  it('its length says little: values of like length have ids of one length', () => {
    const lengths = ['198.51.100.7', '1.2.3.4', '203.0.113.254', '11.22.33.44'].map(
      (value) => mine.seal(decision(canonical('ip', value))).length,
    )
    assert.equal(new Set(lengths).size, 1)
    const steps = new Set<number>()
    for (let n = 1; n <= 200; n++) {
      const { length } = Buffer.from(
        mine.seal(decision(canonical('ua', 'x'.repeat(n)))),
        'base64url',
      )
      assert.equal((length - 28) % 32, 0)
      steps.add(length)
    }
    assert.ok(steps.size <= 8, `${steps.size} lengths`)
  })

  it('what is no id is told from what is nobody’s', () => {
    assert.equal(isDecisionForm(theirs.seal(ONE)), true)
    for (const id of ['', 'a', 'not an id', 'a'.repeat(40), `${mine.seal(ONE)}=`, '../x']) {
      assert.equal(isDecisionForm(id), false, id)
      assert.equal(mine.open(id), undefined)
    }
    assert.equal(isDecisionForm('A'.repeat(100_000)), false)
  })
})
