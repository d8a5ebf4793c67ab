/**
 * The CBOR profile: one encoding per value, one value per encoding, the same as another encoder's.
 */
import assert from 'node:assert/strict'
import { encode as encodeByCborg } from 'cborg'
import fc from 'fast-check'
import { decode, encode, isPrintableAscii, type Cbor } from '../../src/core/canonical.js'
import { LIMITS } from '../../src/core/limits.js'

const scalar = fc.oneof(
  fc.constant(null),
  fc.maxSafeNat(),
  fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
  fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
)
const value: fc.Arbitrary<Cbor> = fc.letrec<{ value: Cbor }>((tie) => ({
  value: fc.oneof(
    { maxDepth: LIMITS.cborDepthMax },
    scalar,
    fc.array(tie('value'), { maxLength: 30 }),
  ),
})).value

/** Byte strings as plain arrays of one class, so that Buffer and Uint8Array compare as equal. */
function plain(cbor: Cbor): unknown {
  if (cbor instanceof Uint8Array) return { bytes: Buffer.from(cbor).toString('hex') }
  return Array.isArray(cbor) ? (cbor as readonly Cbor[]).map(plain) : cbor
}

describe('core/canonical', () => {
  it('decode ∘ encode is the identity', () => {
    fc.assert(
      fc.property(value, (given) => {
        assert.deepEqual(plain(decode(encode(given))!), plain(given))
      }),
    )
  })

  it('encodes as cborg does, for every value of the profile', () => {
    fc.assert(
      fc.property(value, (given) => {
        assert.equal(
          Buffer.from(encode(given)).toString('hex'),
          Buffer.from(encodeByCborg(given)).toString('hex'),
        )
      }),
    )
  })

  it('decodes any bytes to nothing, or to what encodes to the same bytes', () => {
    const heads = fc.constantFrom(0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x40, 0x58, 0x60, 0x78, 0x81)
    const likely = fc
      .array(fc.oneof(heads, fc.integer({ min: 0, max: 255 })), { maxLength: 40 })
      .map((bytes) => Uint8Array.from(bytes))
    fc.assert(
      fc.property(fc.oneof(likely, fc.uint8Array({ maxLength: 60 })), (bytes) => {
        const read = decode(bytes)
        if (read !== undefined) assert.deepEqual(Buffer.from(encode(read)), Buffer.from(bytes))
      }),
      { numRuns: 5_000 },
    )
  })

  const NOT_CANONICAL = {
    'no bytes': '',
    'a trailing byte': '0000',
    'one byte for a small number': '1817',
    'two bytes for a byte': '1900ff',
    'four bytes for two': '1a0000ffff',
    'eight bytes for four': '1b00000000ffffffff',
    'a number of 2^53': '1b0020000000000000',
    'a number of 2^64 - 1': '1bffffffffffffffff',
    'a negative number': '20',
    'an indefinite byte string': '5f4100ff',
    'an indefinite text': '7f6161ff',
    'an indefinite list': '9f00ff',
    'a map': 'a10000',
    'a tag': 'c100',
    'a half float': 'f93c00',
    'a double': 'fb3ff0000000000000',
    false: 'f4',
    true: 'f5',
    undefined: 'f7',
    'a reserved head': '1c',
    'a text beyond ASCII': '62c3bc',
    'a text with a control character': '6107',
    'a text with DEL': '617f',
    'a byte string longer than the rest': '4401',
    'a list longer than the rest': '830000',
    'a list of 2^53 - 1 items': '9b001fffffffffffff',
    'a byte string of 4 GiB': '5affffffff00',
    'a truncated head': '19ff',
  }
  for (const [what, hex] of Object.entries(NOT_CANONICAL)) {
    it(`refuses ${what}`, () => assert.equal(decode(Buffer.from(hex, 'hex')), undefined))
  }

  it('bounds depth and items', () => {
    const nested = (depth: number): Cbor => (depth === 0 ? 0 : [nested(depth - 1)])
    assert.notEqual(decode(encode(nested(LIMITS.cborDepthMax))), undefined)
    assert.equal(decode(encode(nested(LIMITS.cborDepthMax + 1))), undefined)
    const flat = (items: number): Cbor => Array.from({ length: items }, () => 0)
    assert.notEqual(decode(encode(flat(LIMITS.cborItemsMax - 1))), undefined)
    assert.equal(decode(encode(flat(LIMITS.cborItemsMax))), undefined)
  })

  it('throws on a value outside the profile: a bug of the caller', () => {
    for (const bad of [-1, 1.5, NaN, Infinity, 2 ** 53, 'ü', 'a\n']) {
      assert.throws(() => encode(bad), RangeError)
    }
    assert.equal(isPrintableAscii(' ~'), true)
    assert.equal(isPrintableAscii('\u007f'), false)
  })
})
