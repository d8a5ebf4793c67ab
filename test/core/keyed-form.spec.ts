/** Keyed values: the frozen table (made by another implementation), and what never shows. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isForm } from '../../src/core/canonical-form.js'
import { keyOf, typeByName, typeOf, TYPES } from '../../src/core/indicator.js'
import { KEYED_FORMS, KEYED_TYPES } from '../../src/core/keyed-form.js'
import { KeyRing } from '../../src/core/key-ring.js'
import { LIMITS } from '../../src/core/limits.js'
import { vectors } from '../support/vectors.js'

interface Row {
  readonly type: string
  readonly raw: string
  readonly canonical?: string
  readonly key?: string
  readonly code?: string
}
const frozen = vectors<{ epochKey: string; rows: Row[] }>('keyed-forms')
const ring = new KeyRing(
  {
    keys: [{ key: frozen.epochKey, createdMs: 0 }],
    types: KEYED_TYPES,
    local: '11'.repeat(32),
    issuers: [],
  },
  0,
)

const REFUSALS = [
  'account-malformed',
  'email-malformed',
  'phone-malformed',
  'payment-malformed',
  'card-number',
  'api-key-malformed',
  'tools-malformed',
  'prompt-too-short',
  'segment-too-short',
  'sketch-malformed',
  'value-missing',
]

describe('core/keyed-form: vectors', () => {
  for (const { type, raw, canonical, key, code } of frozen.rows) {
    const shown = raw.length > 40 ? `${raw.slice(0, 40)}… (${raw.length})` : raw
    it(`${type} ${JSON.stringify(shown)} → ${canonical?.slice(0, 60) ?? code}`, () => {
      const made = ring.read(type, raw)
      if (!made.ok) return assert.equal(made.code, code)
      assert.equal(keyOf(made.value), key)
      assert.equal(isForm(typeOf(made.value.type), made.value.value), true)
      const text = KEYED_FORMS[typeByName(type)!.name]!.canonicalise(raw.trim())
      assert.deepEqual(text, { ok: true, value: canonical })
    })
  }

  it('every refusal is among them', () => {
    const told = new Set(frozen.rows.flatMap(({ code }) => code ?? []))
    assert.deepEqual([...told].sort(), REFUSALS.toSorted())
  })

  it('every type that can be switched on has values and refusals among them, and a limit', () => {
    for (const name of KEYED_TYPES) {
      const { short, privacy } = typeByName(name)!
      assert.equal(privacy, 'keyed')
      const rows = frozen.rows.filter(({ type }) => type === name)
      assert.ok(rows.some(({ key }) => key !== undefined) && rows.some(({ code }) => code), name)
      assert.ok(
        frozen.rows.some((row) => row.type === short && row.key !== undefined),
        short,
      )
      assert.ok(KEYED_FORMS[name]!.limit.length > 40, name)
    }
  })

  it('a canonical form is its own, and a value that is too long is none', () => {
    for (const { type, canonical } of frozen.rows) {
      if (canonical === undefined || typeByName(type)!.name === 'tool.schema') continue
      const again = KEYED_FORMS[typeByName(type)!.name]!.canonicalise(canonical)
      assert.deepEqual(again, { ok: true, value: canonical })
    }
    const long = ring.read('tools', `[${' '.repeat(LIMITS.keyedCharsMax)}]`)
    assert.equal(!long.ok && long.code, 'value-too-long')
  })

  it('no refusal names a value, whatever was written', () => {
    const keyed = TYPES.filter(({ privacy }) => privacy === 'keyed').map(({ name }) => name)
    fc.assert(
      fc.property(fc.constantFrom(...keyed), fc.string({ maxLength: 60 }), (type, raw) => {
        const read = ring.read(type, `planted${raw}planted@example.org`)
        assert.ok(!JSON.stringify(read).includes('planted'))
      }),
    )
  })
})
