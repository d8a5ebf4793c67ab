/**
 * A member whose key signed two histories comes back with a new one, and the operator lets the old
 * claims act again: but for what the old key revoked on any branch that was seen.
 */
import assert from 'node:assert/strict'
import { seal, toBytes, type Envelope } from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { putMember, type MemberKey } from '../../src/core/roster.js'
import type { Statement } from '../../src/core/statement.js'
import { ForkRevocations } from '../../src/lookup/fork-revocations.js'
import { canonicalise } from '../../src/core/canonical-form.js'
import { QuickAnswers } from '../../src/lookup/quick-answers.js'
import { releasing } from '../../src/lookup/release.js'
import { keyOf } from '../../src/core/indicator.js'
import { memoryDatabase, NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { report, revocation } from '../support/samples.js'

const OLD = ownOf('old')
const NEW = ownOf('new')
const FROM_C = { via: 'gossip', from: ownOf('c') } as const
const until = NOW + DAY_MS
const says = (host: number) => report({ until, value: `198.51.100.${host}` })
const takesBack = (host: number) => revocation({ until, value: `198.51.100.${host}` })

/** Goes on with a log by one envelope for each list of statements. */
function after(log: readonly Envelope[], ...more: readonly (readonly Statement[])[]): Envelope[] {
  const longer = [...log]
  for (const statements of more) {
    const last = longer.at(-1)
    const { networkId } = OPEN_FEDERATION
    const place = { networkId, seq: longer.length + 1, prev: last?.id ?? null, time: NOW }
    longer.push(seal(place, statements, seedOf('old'), OLD))
  }
  return longer
}

const TRUNK = after([], [says(1), says(2), says(3), says(4), says(5)])
/** What is held here, and what comes after the fork is known. */
const HELD = after(TRUNK, [says(9)], [takesBack(2)])
const OTHER = after(TRUNK, [takesBack(3)], [takesBack(4)])

async function tell(lab: Lab, ...envelopes: readonly Envelope[]): Promise<void> {
  for (const one of envelopes) await lab.intake.accept(toBytes(one), FROM_C).committed
}

const member = (...keys: readonly MemberKey[]) =>
  ({ name: 'B', role: 'member', trust: 'corroborate', keys, addedMs: NOW }) as const
const keyed = (author: typeof OLD): MemberKey => ({ author, addresses: [] })

async function forked(database = memoryDatabase()): Promise<Lab> {
  const lab = await openLab('a', { database })
  await lab.lists.change(putMember(member(keyed(OLD))))
  await tell(lab, ...HELD, ...OTHER)
  assert.equal(lab.state.forks.get(OLD)?.seq, 2)
  return lab
}

async function release(lab: Lab, released = true): Promise<void> {
  const again = member(keyed(OLD), keyed(NEW))
  const changed = releasing(lab.state, again, OLD, released)
  assert.ok(changed.ok)
  await lab.lists.change(putMember(changed.value))
}

const heldBack = (lab: Lab, host: number) => {
  const { action, reasons } = lab.check('ip', `198.51.100.${host}`)
  return [action, reasons[0]?.held]
}

describe('a released key', () => {
  it('acts again, but for what it revoked on any branch seen', async () => {
    const database = memoryDatabase()
    const lab = await forked(database)
    for (const host of [1, 2, 3, 4, 5]) {
      assert.deepEqual(heldBack(lab, host), ['observe', 'forked'])
    }
    await release(lab)
    for (const one of [lab, await openLab('a', { database })]) {
      // In order: on the branch held, in the envelope that proved the fork, beyond it.
      for (const host of [2, 3, 4]) assert.deepEqual(heldBack(one, host), ['observe', 'forked'])
      for (const host of [1, 5]) assert.equal(heldBack(one, host)[0], 'throttle')
      // What was said beyond the fork is no claim at all.
      assert.equal(heldBack(one, 9)[0], 'allow')
    }
    await release(lab, false)
    assert.deepEqual(heldBack(lab, 1), ['observe', 'forked'])
  })

  it('is held back by a revocation that comes late, in remembered answers, too', async () => {
    const lab = await forked()
    await release(lab)
    const { state, desk } = lab
    const quick = new QuickAnswers({ state, desk, read: canonicalise, basis: () => 'same' })
    const look = () => {
      const asked = canonicalise('ip', '198.51.100.1')
      assert.ok(asked.ok)
      return quick.at(NOW).on(asked.value).action
    }
    assert.equal(look(), 'throttle')
    await tell(lab, ...after(HELD, [takesBack(1)]).slice(-1))
    assert.deepEqual(heldBack(lab, 1), ['observe', 'forked'])
    assert.equal(look(), 'observe')
  })

  it('is still the same member: both keys together are no quorum', async () => {
    const lab = await forked()
    await release(lab)
    const { networkId } = OPEN_FEDERATION
    const place = { networkId, seq: 1, prev: null, time: NOW }
    await tell(lab, seal(place, [says(1)], seedOf('new'), NEW))
    assert.equal(heldBack(lab, 1)[0], 'throttle')
  })

  it('stays released when it is admitted again, and can only be one that forked', async () => {
    const lab = await forked()
    const { state } = lab
    const codeOf = (author: typeof OLD, ...keys: MemberKey[]) => {
      const result = releasing(state, member(...keys), author, true)
      return result.ok ? 'ok' : result.code
    }
    assert.equal(codeOf(OLD, keyed(OLD)), 'new-key-needed')
    assert.equal(codeOf(NEW, keyed(OLD), keyed(NEW)), 'key-not-forked')
    assert.equal(codeOf(NEW, keyed(OLD)), 'key-unknown')
    await release(lab)
    const { name, role, trust, addedMs } = member()
    const admission = { name, role, trust, addedMs, key: keyed(OLD) }
    const again = state.roster.admitting(admission, state.own)
    assert.ok(again.ok)
    assert.equal(again.value.keys.find(({ author }) => author === OLD)?.released, true)
  })

  it('that revoked more than is kept is taken to have revoked everything', () => {
    const revoked = new ForkRevocations()
    const key = (i: number) => keyOf({ type: 1, value: `${i}` })
    for (let i = 0; i < LIMITS.forkRevocationsMax - 1; i++) revoked.add(OLD, key(i))
    assert.deepEqual([revoked.has(OLD, key(5)), revoked.has(OLD, key(-1))], [true, false])
    revoked.add(OLD, key(1_000_000))
    assert.deepEqual([revoked.has(OLD, key(-1)), revoked.has(NEW, key(5))], [true, false])
  })
})
