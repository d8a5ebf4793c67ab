/** Canonical forms: the frozen table, and the laws that make one thing one key. */
import assert from 'node:assert/strict'
import { isIPv6 } from 'node:net'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { canonicalise, isForm } from '../../src/core/canonical-form.js'
import { parseAddress } from '../../src/core/address.js'
import { keyOf, typeByName, typeOf, TYPES } from '../../src/core/indicator.js'
import { LIMITS } from '../../src/core/limits.js'
import { INPUT_CODES } from '../../src/core/outcome.js'
import { vectors } from '../support/vectors.js'

interface FormRow {
  readonly type: string
  readonly raw: string
  readonly canonical?: string
  readonly key?: string
  readonly code?: string
}
const frozen = vectors<{
  rows: FormRow[]
  forms: { type: string; value: string; form: boolean }[]
}>('canonical-forms')

describe('core/canonical-form: vectors', () => {
  for (const { type, raw, canonical, key, code } of frozen.rows) {
    const shown = raw.length > 40 ? `${raw.slice(0, 40)}… (${raw.length})` : raw
    it(`${type} ${JSON.stringify(shown)} → ${canonical ?? code}`, () => {
      const made = canonicalise(type, raw)
      if (!made.ok) return assert.equal(made.code, code)
      assert.deepEqual([made.value.value, keyOf(made.value)], [canonical, key])
      // What we would write is of the form that a receiver checks.
      assert.equal(isForm(typeOf(made.value.type), made.value.value), true)
    })
  }

  it('every clear type has values, refusals and forms on the wire among them', () => {
    for (const { name, short, privacy } of TYPES) {
      if (privacy !== 'clear') continue
      const rows = frozen.rows.filter(({ type }) => type === name)
      const made = rows.filter(({ canonical }) => canonical !== undefined)
      assert.ok(made.length >= 2 && rows.length > made.length, name)
      assert.ok(
        frozen.rows.some((row) => row.type === short && row.key !== undefined),
        short,
      )
      const forms = frozen.forms.filter(({ type }) => type === name).map(({ form }) => form)
      assert.deepEqual(new Set(forms), new Set([true, false]), name)
    }
  })

  it('every refusal of a value is among them', () => {
    const keyed = vectors<{ rows: FormRow[] }>('keyed-forms')
    const told = new Set([...frozen.rows, ...keyed.rows].map(({ code }) => code))
    const ofValues = Object.keys(INPUT_CODES).filter(
      (code) => !/^(?:campaign|ttl|line|since)-/.test(code) && /-malformed$/.test(code),
    )
    const others = ['host-bits-set', 'network-too-wide', 'mixed-script', 'public-suffix']
    const ofTypes = ['type-unknown', 'type-off', 'value-missing', 'value-too-long']
    assert.deepEqual(
      [...ofValues, ...others, ...ofTypes].filter((code) => !told.has(code)),
      [],
    )
  })

  for (const { type, value, form } of frozen.forms) {
    it(`${type} ${value.slice(0, 40)} is ${form ? 'a' : 'no'} form on the wire`, () => {
      assert.equal(isForm(typeByName(type)!, value), form)
    })
  }
})

const quad = fc.ipV4()
const v6 = fc.ipV6()
const labels = fc.array(fc.stringMatching(/^[a-zA-Z0-9äöüßé例え-]{1,12}$/), {
  minLength: 1,
  maxLength: 4,
})
const domain = fc.tuple(labels, fc.constantFrom('com', 'DE', 'co.uk', 'рус')).map(([some, tld]) => {
  return [...some, tld].join('.')
})
const rawValue = fc.oneof(
  fc.tuple(fc.constant('ip'), fc.oneof(quad, v6)),
  fc.tuple(
    fc.constant('ip'),
    fc.tuple(quad, fc.nat(40)).map(([a, n]) => `${a}/${n}`),
  ),
  fc.tuple(
    fc.constant('ip'),
    fc.tuple(v6, fc.nat(140)).map(([a, n]) => `${a}/${n}`),
  ),
  fc.tuple(fc.constantFrom('domain', 'email-domain'), domain),
  fc.tuple(fc.constantFrom(...TYPES.map((type) => type.name)), fc.string({ unit: 'binary' })),
  fc.tuple(fc.constant('ua'), fc.string({ unit: 'grapheme-ascii' })),
)

describe('core/canonical-form: laws', () => {
  it('is idempotent, ASCII, within its length and of its own form', () => {
    fc.assert(
      fc.property(rawValue, ([type, raw]) => {
        const made = canonicalise(type, raw)
        if (!made.ok) return
        const { value } = made.value
        const name = typeOf(made.value.type).name
        assert.deepEqual(canonicalise(name, value), made)
        assert.equal(isForm(typeOf(made.value.type), value), true)
        assert.match(value, /^[\x20-\x7e]{1,255}$/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('two spellings of an IPv6 address give one key', () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), {
      minLength: 8,
      maxLength: 8,
    })
    fc.assert(
      fc.property(groups, fc.boolean(), fc.boolean(), (words, padded, upper) => {
        const spelt = words.map((w) => w.toString(16).padStart(padded ? 4 : 1, '0')).join(':')
        const tail = words.slice(6).flatMap((w) => [w >> 8, w & 0xff])
        const embedded = `${words
          .slice(0, 6)
          .map((w) => w.toString(16))
          .join(':')}:${tail.join('.')}`
        const one = canonicalise('ip', upper ? spelt.toUpperCase() : spelt)
        const two = canonicalise('ip', embedded)
        assert.equal(one.ok, true)
        assert.deepEqual(one, two)
      }),
    )
  })

  it('an IPv4-mapped address is the IPv4 one, and a host-length network the address', () => {
    fc.assert(
      fc.property(quad, (address) => {
        const plain = canonicalise('net.ipv4', address)
        for (const [type, raw] of [
          ['net.ipv6', `::ffff:${address}`],
          ['net.ipv4', `::FFFF:${address}`],
          ['net.cidr', `${address}/32`],
          ['net.cidr', `::ffff:${address}/128`],
        ] as const) {
          assert.deepEqual(canonicalise(type, raw), plain)
        }
      }),
    )
  })

  it('takes for IPv6 what node:net takes, but for zones', () => {
    const pieces = fc.array(fc.constantFrom(':', '::', '0', '1', 'db8', 'ffff', '1.2.3.4', '%'), {
      maxLength: 16,
    })
    fc.assert(
      fc.property(pieces, (some) => {
        const text = `:${some.join('')}`
        const expected = isIPv6(text) && !text.includes('%')
        assert.equal(parseAddress(text).ok, expected, text)
      }),
      { numRuns: 5_000 },
    )
  })

  it('refuses a value of a megabyte at once', () => {
    for (const { name, privacy } of TYPES) {
      const made = canonicalise(name, 'a'.repeat(1 << 20))
      assert.equal(made.ok ? 'ok' : made.code, 'value-too-long', `${name} ${privacy}`)
    }
    const limit = canonicalise('ua', '1'.repeat(4 * LIMITS.valueTextMax))
    assert.deepEqual(limit, { ok: true, value: { type: 9, value: '*' } })
  })

  it('names the network that was probably meant', () => {
    const made = canonicalise('net.cidr', '10.1.2.3/16')
    assert.deepEqual(made, {
      ok: false,
      code: 'host-bits-set',
      detail: 'the network is 10.1.0.0/16',
    })
  })
})

const folder = process.env['TOCSIN_VECTORS']
if (folder !== undefined) {
  describe('core/canonical-form: public JA3 values', () => {
    it('takes every fingerprint of osx-nix-ja3.csv as it is', () => {
      const lines = readFileSync(join(folder, 'osx-nix-ja3.csv'), 'utf8').split('\n')
      const values = lines.flatMap((line) => /^([0-9a-f]{32}),/.exec(line)?.[1] ?? [])
      assert.ok(values.length > 100, `${values.length} values`)
      for (const value of values) {
        assert.deepEqual(canonicalise('ja3', value), { ok: true, value: { type: 6, value } })
      }
    })
  })
}
