/**
 * The one signature rule, held by two implementations. `TOCSIN_LONG=100000` is the long form of the
 * random part; `TOCSIN_VECTORS=<folder>` adds the public vector files.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import {
  isSoundKey,
  publicKeyOf,
  sign,
  signSlowly,
  verify,
  verifySlowly,
} from '../../src/core/signature.js'
import { edgeCases } from '../support/edge-signatures.js'
import { bytesOfHex, vectors } from '../support/vectors.js'

const LONG = Number(process.env['TOCSIN_LONG'] ?? 0)
/** A slow verification takes about 3 ms, so the short form stays near ten seconds. */
const RUNS = LONG > 0 ? LONG : 600

/** Both answers, which must be one. */
function agreed(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  const fast = verify(signature, message, key)
  const hex = [signature, message, key].map((bytes) => Buffer.from(bytes).toString('hex'))
  assert.equal(verifySlowly(signature, message, key), fast, `split by ${hex.join(' ')}`)
  return fast
}

describe('core/signature: edge cases', () => {
  for (const { name, key, message, signature, valid } of edgeCases()) {
    it(`${valid ? 'accepts' : 'refuses'} ${name}`, () => {
      assert.equal(agreed(signature, message, key), valid)
    })
  }

  it('answers the frozen vectors as it did', () => {
    const { rows } = vectors<{
      rows: {
        name: string
        key: string
        message: string
        signature: string
        valid: boolean
        sound: boolean
      }[]
    }>('signatures')
    assert.ok(rows.length >= 60)
    for (const { name, valid, sound, ...hex } of rows) {
      const key = bytesOfHex(hex.key)
      assert.equal(agreed(bytesOfHex(hex.signature), bytesOfHex(hex.message), key), valid, name)
      assert.equal(isSoundKey(key), sound, name)
    }
  })
})

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 })
const message = fc.uint8Array({ maxLength: 200 })
/**
 * What is done to key, message or signature: a flipped bit, a replaced half, a cut or added byte.
 */
const mutation = fc.oneof(
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 6,
    arbitrary: fc.record({
      part: fc.constantFrom('key', 'message', 'signature' as const),
      how: fc.oneof(
        fc.record({ bit: fc.nat(511) }),
        fc.record({ at: fc.constantFrom(0, 32), half: seed }),
        fc.record({ length: fc.nat(66) }),
      ),
    }),
  },
)
type How = { bit: number } | { at: number; half: Uint8Array } | { length: number }

function mutated(bytes: Uint8Array, how: How): Uint8Array {
  const copy = Buffer.from(bytes)
  if ('length' in how) return Buffer.concat([copy, Buffer.alloc(66)]).subarray(0, how.length)
  if ('half' in how) {
    copy.set(how.half.subarray(0, Math.max(0, copy.length - how.at)), Math.min(how.at, copy.length))
    return copy
  }
  const at = how.bit >> 3
  if (at < copy.length) copy[at]! ^= 1 << (how.bit & 7)
  return copy
}

describe('core/signature: differential', () => {
  it(`both implementations agree on ${RUNS} honest and mutated signatures`, function () {
    this.timeout(60_000 + RUNS * 60)
    let accepted = 0
    fc.assert(
      fc.property(seed, message, mutation, (secret, text, change) => {
        const parts: Record<'key' | 'message' | 'signature', Uint8Array> = {
          key: publicKeyOf(secret),
          message: text,
          signature: sign(text, secret),
        }
        assert.deepEqual(parts.signature, signSlowly(text, secret))
        if (change !== undefined) parts[change.part] = mutated(parts[change.part], change.how)
        const valid = agreed(parts.signature, parts.message, parts.key)
        if (change === undefined) assert.equal(valid, true)
        if (valid) accepted++
      }),
      { numRuns: RUNS },
    )
    assert.ok(accepted > RUNS / 20, `only ${accepted} were valid: the mutations hide the rest`)
  })

  it('remembers good keys, and only those', () => {
    const secret = Buffer.alloc(32, 9)
    const key = publicKeyOf(secret)
    const weak = Buffer.from('01'.padEnd(64, '0'), 'hex')
    for (let again = 0; again < 2; again++) {
      assert.equal(verify(sign(Buffer.of(1), secret), Buffer.of(1), key), true)
      assert.deepEqual([isSoundKey(key), isSoundKey(weak)], [true, false])
    }
  })
})

const folder = process.env['TOCSIN_VECTORS']
if (folder !== undefined) {
  const read = <T>(name: string): T => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T

  describe('core/signature: public vectors', () => {
    it('CCTV: accepts 1 of 914, both the same', function () {
      this.timeout(120_000)
      const rows = read<{ key: string; sig: string; msg: string }[]>('cctv-ed25519.json')
      const accepted = rows.filter((row) =>
        agreed(bytesOfHex(row.sig), Buffer.from(row.msg), bytesOfHex(row.key)),
      )
      assert.deepEqual([accepted.length, rows.length], [1, 914])
    })

    it('speccheck: accepts 0 of 12', () => {
      const rows = read<{ message: string; pub_key: string; signature: string }[]>('speccheck.json')
      const accepted = rows.filter((row) =>
        agreed(bytesOfHex(row.signature), bytesOfHex(row.message), bytesOfHex(row.pub_key)),
      )
      assert.deepEqual([accepted.length, rows.length], [0, 12])
    })

    it('Wycheproof: accepts the 88 valid of 151 and nothing else', () => {
      const { testGroups } = read<{
        testGroups: {
          publicKey: { pk: string }
          tests: { tcId: number; msg: string; sig: string; result: string }[]
        }[]
      }>('wycheproof-ed25519.json')
      let accepted = 0
      let count = 0
      for (const { publicKey, tests } of testGroups) {
        for (const { tcId, msg, sig, result } of tests) {
          const valid = agreed(bytesOfHex(sig), bytesOfHex(msg), bytesOfHex(publicKey.pk))
          assert.equal(valid, result === 'valid', `tcId ${tcId}`)
          count++
          if (valid) accepted++
        }
      }
      assert.deepEqual([accepted, count], [88, 151])
    })
  })
}
