/** Statements: the frozen table, and read ∘ write is the identity for all that can be said. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { decode, encode } from '../../src/core/canonical.js'
import { authorOf } from '../../src/core/identity.js'
import { typeOf } from '../../src/core/indicator.js'
import { fromWire, toWire, type Statement } from '../../src/core/statement.js'
import { VOID_CODES, type RefuseCode } from '../../src/core/outcome.js'
import { bytesOfHex, statementRows } from '../support/vectors.js'

const hex = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString('hex'))
const indicator = fc.oneof(
  fc.ipV4().map((value) => ({ type: 1, value })),
  fc.nat(0xfffffffe).map((n) => ({ type: 4, value: String(n + 1) })),
  hex(20).map((value) => ({ type: 11, value })),
)
const until = fc.maxSafeNat()
const author = fc.option(fc.uint8Array({ minLength: 32, maxLength: 32 }).map(authorOf))
const code = (max: number, min = 0) => fc.integer({ min, max })

const statement: fc.Arbitrary<Statement> = fc
  .tuple(
    indicator,
    fc.oneof(
      fc.record({
        kind: fc.constant('report' as const),
        until,
        confidence: code(100),
        action: code(4, 1),
        tlp: code(5, 1),
        pap: code(4, 1),
        category: code(7),
        firstHand: fc.boolean(),
        evidence: code(5),
        campaign: fc.option(hex(16)),
        labels: fc.array(code(4, 1), { maxLength: 8 }),
      }),
      fc.record({ kind: fc.constant('revocation' as const), until, reason: code(6, 1), author }),
      fc.record({ kind: fc.constant('sighting' as const), until, count: code(5, 1), day: until }),
      fc.record({ kind: fc.constant('dispute' as const), until, author, reason: code(4) }),
    ),
  )
  .map(([key, said]) => ({ ...said, ...key }) as Statement)

describe('core/statement', () => {
  for (const { name, wire, refused, statement: expected } of statementRows()) {
    it(name, () => {
      const read = fromWire(decode(bytesOfHex(wire)))
      if (!read.ok) return assert.equal(read.code, refused)
      assert.deepEqual(read.value, expected)
      if (read.value.kind === 'void') return
      assert.equal(Buffer.from(encode(toWire(read.value))).toString('hex'), wire)
    })
  }

  it('the table holds every reason to be void, and each kind sound', () => {
    const rows = statementRows()
    for (const reason of Object.keys(VOID_CODES)) {
      assert.ok(
        rows.some((row) => row.statement?.['code'] === reason),
        reason,
      )
    }
    for (const kind of ['report', 'revocation', 'sighting', 'dispute']) {
      assert.ok(
        rows.some((row) => row.statement?.kind === kind),
        kind,
      )
    }
    const refusals = new Set(rows.flatMap((row) => row.refused ?? []))
    assert.deepEqual([...refusals], ['statement-shape' satisfies RefuseCode])
  })

  it('read ∘ write is the identity', () => {
    fc.assert(
      fc.property(statement, (said) => {
        const read = fromWire(decode(encode(toWire(said))))
        assert.deepEqual(read, { ok: true, value: said })
      }),
    )
  })

  it('keyed values travel as bytes, clear ones as text', () => {
    fc.assert(
      fc.property(statement, (said) => {
        const keyed = typeOf(said.type).privacy === 'keyed'
        assert.equal(toWire(said)[3] instanceof Uint8Array, keyed)
      }),
    )
  })
})
