/**
 * A flood is dropped before it costs a signature, and ends with the flooder shut out for a while.
 */
import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { authorOf, peerNameOf } from '../../src/core/identity.js'
import { LIMITS } from '../../src/core/limits.js'
import { publicKeyOf } from '../../src/core/signature.js'
import { Roster } from '../../src/core/roster.js'
import { Allowance, AUTHOR, NEIGHBOUR } from '../../src/mesh/allowance.js'
import { Gate } from '../../src/mesh/gate.js'
import { until } from '../support/until.js'
import { Lab, introduce, linked } from './lab.js'

const author = authorOf(publicKeyOf(new Uint8Array(32).fill(1)))

function spendAll(allowance: Allowance, bytes: number, now: number): number {
  let passed = 0
  while (allowance.spend(author, bytes, now) === 'pass') passed++
  return passed
}

describe('mesh allowance', () => {
  it('lets a burst through, then a rate, counted in messages or bytes', () => {
    const small = new Allowance(NEIGHBOUR)
    assert.equal(spendAll(small, 300, 0), 20_000)
    assert.equal(spendAll(small, 300, 1_000), 2_000)
    const large = new Allowance(NEIGHBOUR)
    const passed = spendAll(large, LIMITS.envelopeBytesMax, 0)
    assert.equal(passed, Math.floor((160 * 1024 * 1024) / LIMITS.envelopeBytesMax))
  })

  it('calls it a flood when it goes on, and forgets it after a rest', () => {
    const allowance = new Allowance(NEIGHBOUR)
    spendAll(allowance, 300, 0)
    const answers = Array.from({ length: 2_000 }, () => allowance.spend(author, 300, 0))
    assert.equal(answers.indexOf('flood'), 1_998)
    assert.equal(allowance.spend(author, 300, 60_000), 'pass')
  })

  it('is spent by an author with what was accepted, and comes back', () => {
    const allowance = new Allowance(AUTHOR)
    assert.equal(allowance.isSpent(author, 0), false)
    assert.equal(spendAll(allowance, 300, 0), 2_000)
    assert.equal(allowance.isSpent(author, 0), true)
    assert.equal(allowance.isSpent(author, 1), false)
  })

  it('shuts a member out like a stranger, for a while', async () => {
    const member = { name: 'x', role: 'member', trust: 'observe', addedMs: 0 } as const
    const roster = new Roster([{ ...member, keys: [{ author, addresses: [] }] }])
    const quiet = () => undefined
    const gate = new Gate({
      roster: () => roster,
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    })
    const peer = peerIdFromString(peerNameOf(author))
    assert.equal(gate.authorOf(peer), author)
    gate.shutOut(author, 50)
    assert.equal(gate.authorOf(peer), undefined)
    await until(() => gate.authorOf(peer) === author)
  })
})

describe('mesh publishing', () => {
  afterEach(() => Lab.stopAll())

  it('delivers a burst of many envelopes without losing the link', async () => {
    const [a, b] = [await Lab.start(), await Lab.start()]
    introduce(a, b)
    await linked(a, b)
    const sent = Array.from({ length: 1_000 }, () => a.publish())
    const last = (await Promise.all(sent)).at(-1)!
    await until(() => b.holds(last))
    assert.ok(a.isUp(b) && b.isUp(a))
    assert.equal(a.logged('mesh-link-reset') || b.logged('mesh-link-reset'), false)
  })
})
