/** What a keyed value is asked about as: its form under each epoch key, and this node’s own. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { epochsAt, keyIdOf, mergeKeys } from '../../src/core/epoch-keys.js'
import type { EpochKey } from '../../src/core/identity.js'
import { formsOf, typeByName, type Question } from '../../src/core/indicator.js'
import { askable, KeyRing } from '../../src/core/key-ring.js'
import { DAY_MS } from '../../src/core/limits.js'

const T0 = Date.UTC(2026, 8, 1)
const key = (digit: string) => digit.repeat(64)
const made = (digit: string, day: number): EpochKey => ({
  key: key(digit),
  createdMs: T0 + day * DAY_MS,
})
const KEYS = [made('a', 0), made('b', 100), made('c', 200)]
const ring = (
  day: number,
  keys = KEYS,
  types = ['actor.email', 'actor.account', 'actor.api-key'],
) =>
  new KeyRing(
    {
      keys,
      types,
      local: key('f'),
      issuers: [
        ['acme', 'Lab A'],
        ['sk-', 'Lab B'],
        ['sk-acme-', 'Lab A'],
      ],
    },
    T0 + day * DAY_MS,
  )

function read(of: KeyRing, type: string, raw: string): Question {
  const question = of.read(type, raw)
  assert.ok(question.ok, JSON.stringify(question))
  return question.value
}

describe('core/key-ring', () => {
  it('reads under every key held, the newest first, and under this node’s own', () => {
    const question = read(ring(201), 'email', 'Someone@Example.org')
    const ids = formsOf(question).map(({ value }) => value.slice(0, 8))
    assert.deepEqual(ids, [keyIdOf(key('c')), keyIdOf(key('b')), keyIdOf(key('a'))])
    assert.equal(question.local!.slice(0, 8), keyIdOf(key('f')))
    assert.equal(new Set([...formsOf(question).map(({ value }) => value), question.local]).size, 4)
    assert.deepEqual(read(ring(201), 'actor.email', 'someone+x@example.org'), question)
  })

  it('a key stays for look-ups 180 days after the last day on which it could be used', () => {
    const held = (day: number) => formsOf(read(ring(day), 'email', 'a@example.org')).length
    assert.deepEqual([held(200), held(286), held(287)], [3, 3, 2])
    const stages = (day: number) => epochsAt(KEYS, T0 + day * DAY_MS).map(({ stage }) => stage)
    assert.deepEqual(stages(206), ['newest', 'accepted', 'look-ups'])
    assert.deepEqual(stages(207), ['newest', 'look-ups', 'look-ups'])
    assert.deepEqual(stages(287), ['newest', 'look-ups', 'over'])
    const before = ring(286)
    assert.equal(before.at(T0 + 286 * DAY_MS), before)
    assert.equal(formsOf(read(before.at(T0 + 287 * DAY_MS), 'email', 'a@example.org')).length, 2)
  })

  it('what is said under an old key a week after the next one is late', () => {
    const at = ring(201)
    const [, older] = formsOf(read(at, 'email', 'a@example.org'))
    const day = (n: number) => T0 + n * DAY_MS
    assert.equal(at.isLate(older!, day(207) - 1), false)
    assert.equal(at.isLate(older!, day(207)), true)
    assert.equal(at.isLate(read(at, 'email', 'a@example.org'), day(900)), false)
    assert.equal(at.isLate({ type: typeByName('net.asn')!.code, value: '1' }, day(900)), false)
  })

  it('a type that is off is not read, but what is held can be named by its hash', () => {
    const off = ring(201, KEYS, [])
    const codes = ['email', 'prompt', 'sketch'].map((type) => {
      const made = off.read(type, 'a@example.org')
      return made.ok ? undefined : made.code
    })
    assert.deepEqual(codes, ['type-off', 'type-off', 'sketch-malformed'])
    const question = read(ring(201), 'email', 'a@example.org')
    const { type, value } = askable(question)
    assert.deepEqual(read(off, type, value), { type: question.type, value: question.value })
    assert.deepEqual(askable({ type: 4, value: '7' }), { type: 'net.asn', value: '7' })
    assert.equal(KeyRing.NONE.read('ip', '192.0.2.1').ok, true)
  })

  it('says who gave an account or key out, by the longest beginning', () => {
    const at = ring(201)
    assert.equal(read(at, 'account', 'ACME:7').issuer, 'Lab A')
    assert.equal(read(at, 'account', 'acme2:7').issuer, undefined)
    assert.equal(read(at, 'api-key', 'sk-acme-0123456789').issuer, 'Lab A')
    assert.equal(read(at, 'api-key', 'sk-other-0123456789').issuer, 'Lab B')
    assert.equal(read(at, 'email', 'acme@example.org').issuer, undefined)
  })

  it('law: files merge into one state, whoever merges what in which order', () => {
    const keys = fc.array(
      fc.record(
        { key: fc.constantFrom(...'abcdef').map(key), createdMs: fc.nat(5) },
        { noNullPrototype: true },
      ),
      { maxLength: 5 },
    )
    fc.assert(
      fc.property(keys, keys, keys, (a, b, c) => {
        assert.deepEqual(mergeKeys(a, b), mergeKeys(b, a))
        assert.deepEqual(mergeKeys(mergeKeys(a, b), c), mergeKeys(a, mergeKeys(b, c)))
        const one = mergeKeys(a, [])
        assert.deepEqual(mergeKeys(one, one), one)
      }),
    )
  })
})
