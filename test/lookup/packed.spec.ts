/** The packed tables behind the index: against maps of objects, whatever goes in and out. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  entryDigest,
  registerOf,
  take,
  type ClaimEntry,
  type Staircase,
} from '../../src/core/claims.js'
import { keyOf, type IndicatorKey } from '../../src/core/indicator.js'
import { DAY_MS } from '../../src/core/limits.js'
import type { Statement } from '../../src/core/statement.js'
import { ClaimIndex } from '../../src/lookup/claim-index.js'
import { grown } from '../../src/lookup/growth.js'
import { halfSipHash } from '../../src/lookup/half-siphash.js'
import { ImageError, ImageReader, ImageWriter, sourceOf } from '../../src/lookup/image.js'
import { KeyTable } from '../../src/lookup/key-table.js'
import { authorNamed, refOf, T0 } from '../support/samples.js'

const indicator = fc.oneof(
  fc.integer({ min: 0, max: 40 }).map((n) => ({ type: 1, value: `198.51.100.${n}` })),
  fc.integer({ min: 0, max: 9 }).map((n) => ({ type: 2, value: `2001:db8::${n}` })),
  fc.integer({ min: 0, max: 9 }).map((n) => ({ type: 5, value: `${'x'.repeat(n)}a.example.com` })),
  fc.integer({ min: 0, max: 9 }).map((n) => ({ type: 12, value: `0${n}`.repeat(20) })),
)
const authors = ['A', 'B', 'C'].map((name) => authorNamed(name).author)
const author = fc.constantFrom(...authors)
const code = fc.oneof(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 2 ** 40 }))
const life = fc.record({ until: fc.integer({ min: 1, max: 20 }).map((n) => T0 + n * DAY_MS) })
const parts = [indicator, life] as const
const statement: fc.Arbitrary<Statement> = fc.oneof(
  fc
    .tuple(
      ...parts,
      fc.record({
        kind: fc.constant('report' as const),
        confidence: fc.integer({ min: 0, max: 100 }),
        action: fc.integer({ min: 1, max: 4 }),
        tlp: code,
        pap: code,
        category: code,
        firstHand: fc.boolean(),
        evidence: code,
        campaign: fc.constantFrom(null, 'ca'.repeat(16), 'cb'.repeat(16)),
        labels: fc.subarray([1, 2, 3, 4]),
      }),
    )
    .map(([key, lives, said]) => ({ ...key, ...lives, ...said })),
  fc
    .tuple(
      ...parts,
      fc.record({
        kind: fc.constantFrom('revocation' as const, 'dispute' as const),
        reason: code,
        author: fc.option(author),
      }),
    )
    .map(([key, lives, said]) => ({ ...key, ...lives, ...said })),
  fc
    .tuple(...parts, fc.record({ kind: fc.constant('sighting' as const), count: code, day: code }))
    .map(([key, lives, said]) => ({ ...key, ...lives, ...said })),
)
const said: fc.Arbitrary<ClaimEntry> = fc
  .tuple(author, fc.oneof(fc.integer({ min: 1, max: 600 }), fc.constant(2 ** 40)), statement)
  .map(([by, seq, one]) => ({ envelope: refOf(by, seq), index: seq % 256, statement: one }))
const step = fc.record({ entry: said, drop: fc.boolean() })

describe('lookup: packed tables', () => {
  it('hold what was put in, whatever was taken out', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const index = new ClaimIndex()
        const plain = new Map<string, { key: IndicatorKey; staircase: Staircase }>()
        for (const { entry, drop } of steps) {
          const register = registerOf(entry)
          const place = `${register.key} ${register.author} ${register.kind} ${register.about}`
          const held = plain.get(place)?.staircase ?? []
          assert.deepEqual(index.of(register), held)
          const staircase = drop ? [] : take(held, entry)
          plain.set(place, { key: register.key, staircase })
          index.set(register.key, { ...register, staircase })
        }
        const live = [...plain.values()].filter(({ staircase }) => staircase.length > 0)
        assert.equal(index.size, new Set(live.map(({ key }) => key)).size)
        const walked = [...index.entries()].flatMap(([, claims]) => claims)
        const flat = (all: Iterable<{ readonly staircase: Staircase }>) =>
          [...all].map((one) => one.staircase.map((e) => entryDigest(e)).join()).sort()
        assert.deepEqual(flat(walked), flat(live))
      }),
      { numRuns: 150 },
    )
  })

  const forms: readonly (readonly [what: string, keyFor: (n: number) => IndicatorKey])[] = [
    ['texts', (n) => keyOf({ type: 5, value: `${n}.${'x'.repeat(60)}.example` })],
    ['addresses', (n) => keyOf({ type: 1, value: `198.51.${n >> 8}.${n & 255}` })],
    ['hashes', (n) => keyOf({ type: 12, value: n.toString(16).padStart(40, '0') })],
    ['short texts', (n) => keyOf({ type: 4, value: String(n) })],
  ]
  for (const [what, keyFor] of forms) {
    it(`keys that are ${what} keep their ids through growth, removal and compaction`, () => {
      const table = new KeyTable([1, 2])
      const ids = new Map<number, number>()
      for (let n = 0; n < 5_000; n++) ids.set(n, table.add(keyFor(n)))
      for (let n = 0; n < 5_000; n += 2) {
        table.remove(ids.get(n)!)
        ids.delete(n)
      }
      for (let n = 5_000; n < 7_000; n++) ids.set(n, table.add(keyFor(n)))
      assert.equal(table.size, ids.size)
      for (const [n, id] of ids) {
        assert.deepEqual([table.find(keyFor(n)), table.keyAt(id)], [id, keyFor(n)])
      }
      for (let n = 0; n < 5_000; n += 2) assert.equal(table.find(keyFor(n)), -1)
    })
  }

  it('a row that no table writes is no key', () => {
    const arena = Buffer.from('example.net')
    const read = (value: number, type: number, length: number) => {
      const image = new ImageWriter({ isCopy: true })
      image.column(Uint32Array.of(value, (type << 16) | length))
      image.column(arena)
      return KeyTable.read(new ImageReader(sourceOf(Buffer.concat(image.chunks))), [1, 2])
    }
    const key = keyOf({ type: 5, value: 'example.net' })
    assert.equal(read(0, 5, arena.length).find(key), 0)
    assert.equal(read(0, 0, 0).size, 0)
    const wrong = [
      [0, 0, 5],
      [0, 99, 5],
      [1, 5, arena.length],
      [0, 1, 5],
    ] as const
    for (const [value, type, length] of wrong) {
      assert.throws(() => read(value, type, length), ImageError)
    }
  })

  it('columns of any width grow to what is asked, by less where they are large', () => {
    for (const type of [Uint8Array, Uint16Array, Uint32Array, Float64Array]) {
      const small = grown(Uint8Array.of(1, 2), 3)
      assert.deepEqual([...small], [1, 2, 0])
      const large = new type((40 << 20) / type.BYTES_PER_ELEMENT)
      large[large.length - 1] = 7
      const larger = grown(large, large.length + 1)
      assert.equal(larger[large.length - 1], 7)
      assert.equal(larger.length, large.length * 1.125)
      assert.equal(grown(larger, larger.length), larger)
    }
  })

  it('what is no canonical address is no key', () => {
    const table = new KeyTable([1, 2])
    table.add(keyOf({ type: 1, value: '255.255.255.255' }))
    for (const value of ['x', '', '045.9.1.1', '45.9.1', '1.2.', '٤5.9.1.1']) {
      assert.equal(table.find(keyOf({ type: 1, value })), -1)
      assert.throws(() => table.add(keyOf({ type: 1, value })), /not canonical/)
    }
    assert.equal(table.size, 1)
  })

  it('HalfSipHash-2-4 is that of its authors', () => {
    // vectors_hsip32 of the reference code: key 00…07, input 00 01 02 … of each length.
    const expected = ['a9359f5b', '27475ab8', 'fa62a603', '8afee704', '2a6e4689', 'c5fab669']
    const input = new Uint32Array(Uint8Array.from({ length: 8 }, (_, i) => i).buffer)
    const hashes = expected.map((_, length) => {
      const hash = Buffer.alloc(4)
      hash.writeUInt32LE(halfSipHash([0x03020100, 0x07060504], input, 0, length, 2, 4))
      return hash.toString('hex')
    })
    assert.deepEqual(hashes, expected)
  })
})
