/** Envelopes: the frozen bytes with their outcomes, and what sealing promises. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import {
  open,
  openHeader,
  openParts,
  seal,
  statementBytes,
  toBytes,
  verifySeal,
} from '../../src/core/envelope.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { REFUSE_CODES, type RefuseCode } from '../../src/core/outcome.js'
import { authorNamed, report, revocation, sealed, T0 } from '../support/samples.js'
import { bytesOfHex, envelopeRows, type EnvelopeRow } from '../support/vectors.js'

const A = authorNamed('A')

function judged(row: EnvelopeRow): { outcome: string; code?: string; id?: string } {
  const opened = open(bytesOfHex(row.wire))
  if (!opened.ok) {
    const { code } = opened
    return { outcome: code === 'version-unknown' ? 'ignored' : 'refused', code }
  }
  const verified = verifySeal(opened.value)
  if (!verified.ok) return { outcome: 'refused', code: verified.code }
  return { outcome: 'accepted', id: opened.value.id }
}

describe('core/envelope: vectors', () => {
  for (const row of envelopeRows()) {
    it(`${row.name} → ${row.outcome} ${row.code ?? ''}`, () => {
      const { outcome, code, id } = judged(row)
      if (row.after === undefined) assert.deepEqual([outcome, code], [row.outcome, row.code])
      // The bytes alone are sound; the chain makes it wrong, which the one door judges.
      else assert.equal(outcome, 'accepted')
      assert.equal(id, row.id)
      if (id === undefined) return
      const opened = open(bytesOfHex(row.wire))
      assert.ok(opened.ok)
      const { author, seq, prev, time, expires, statements } = opened.value
      const said = statements.map((s) => (s.kind === 'void' ? `void ${s.code}` : s.kind))
      assert.deepEqual({ author, seq, prev, time, expires, statements: said }, headOf(row))
      assert.equal(Buffer.from(toBytes(opened.value)).toString('hex'), row.wire)
    })
  }

  it('hold every reason to refuse', () => {
    const held = new Set(envelopeRows().map((row) => row.code))
    // A fork proof is two envelopes; its one code is tested where proofs are.
    const others: string[] = ['fork-unproven' satisfies RefuseCode]
    for (const code of Object.keys(REFUSE_CODES)) {
      assert.ok(held.has(code) || others.includes(code), code)
    }
  })

  it('begin with the bytes that src/core/README.md explains', () => {
    const readme = readFileSync(new URL('../../src/core/README.md', import.meta.url), 'utf8')
    const block = /^83 {2,}[^`]*/m.exec(readme)![0]
    const bytes = block.split('\n').map((line) => /^[0-9a-f]*/.exec(line)![0])
    const [first] = envelopeRows()
    assert.equal(bytes.join(''), first!.wire)
    assert.ok(readme.includes(first!.id!))
  })

  it('hold a chain whose second time falls', () => {
    const falling = envelopeRows().find((row) => row.code === 'time-falls')!
    const before = envelopeRows().find((row) => row.name === falling.after)!
    assert.equal(falling.prev, before.id)
    assert.ok(falling.time! < before.time!)
  })
})

function headOf({ author, seq, prev, time, expires, statements }: EnvelopeRow): object {
  return { author, seq, prev, time, expires, statements }
}

describe('core/envelope', () => {
  it('opens what it seals, from wire, parts and header alike', () => {
    const made = sealed(A, [report(), revocation({ until: T0 + 2 * DAY_MS })])
    assert.equal(made.expires, T0 + 2 * DAY_MS)
    const opened = open(toBytes(made))
    assert.ok(opened.ok)
    assert.deepEqual(
      [opened.value.id, opened.value.statements],
      [made.id, [report(), revocation({ until: T0 + 2 * DAY_MS })]],
    )
    const parts = openParts(made.header, made.signature, null)
    assert.ok(parts.ok)
    assert.deepEqual(parts.value.statements, [])
    const header = openHeader(made.header)
    assert.ok(header.ok)
    assert.equal(header.value.id, made.id)
  })

  it('its identity is the header’s, whatever the signature', () => {
    const made = sealed(A)
    const other = openParts(made.header, Buffer.alloc(64, 1), made.payload)
    assert.ok(other.ok)
    assert.equal(other.value.id, made.id)
    assert.deepEqual(verifySeal(other.value), { ok: false, code: 'signature-wrong' })
  })

  it('a flipped bit anywhere is noticed', () => {
    const bytes = Buffer.from(toBytes(sealed(A)))
    fc.assert(
      fc.property(fc.nat(bytes.length * 8 - 1), (bit) => {
        const copy = Buffer.from(bytes)
        copy[bit >> 3]! ^= 1 << (bit & 7)
        const opened = open(copy)
        assert.ok(!opened.ok || !verifySeal(opened.value).ok)
      }),
      { numRuns: 400 },
    )
  })

  it('a signature does not serve in another federation', () => {
    const made = sealed(A)
    const other = sealed(A, [report()], { networkId: 'ee'.repeat(32) })
    const swapped = openParts(other.header, made.signature, other.payload)
    assert.ok(swapped.ok)
    assert.deepEqual(verifySeal(swapped.value), { ok: false, code: 'signature-wrong' })
  })

  it('the largest payload of 256 statements fits an envelope', () => {
    const wide = report({ type: 13, value: `${'a.'.repeat(60)}com`, campaign: 'ca'.repeat(16) })
    const statements = Array.from({ length: LIMITS.statementsMax }, () => wide)
    const bytes = toBytes(sealed(A, statements))
    assert.ok(bytes.length <= LIMITS.envelopeBytesMax)
    assert.ok(bytes.length > statementBytes(wide) * LIMITS.statementsMax)
  })

  it('throws rather than seal what no node would open', () => {
    const place = { networkId: OPEN_FEDERATION.networkId, seq: 1, prev: null, time: T0 }
    const bad = [
      [],
      Array.from({ length: LIMITS.statementsMax + 1 }, () => report()),
      [report({ until: T0 + LIMITS.lifeMsMax + 1 })],
      [report({ confidence: 101 })],
    ]
    for (const statements of bad) {
      assert.throws(() => seal(place, statements, A.seed, A.author))
    }
  })
})
