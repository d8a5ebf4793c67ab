/** STIX patterns: what is written is read back, and nothing is read that says more or less. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { canonicalise } from '../../src/core/canonical-form.js'
import { typeByName, typeOf, TYPES } from '../../src/core/indicator.js'
import { LIMITS } from '../../src/core/limits.js'
import { indicatorsIn, patternOf } from '../../src/exchange/stix-pattern.js'
import { rawValues } from '../support/raw-values.js'

const AGENT = `network-traffic:extensions.'http-request-ext'.request_header.'User-Agent'`

function read(pattern: string, type = 'stix'): string[] | string {
  const values = indicatorsIn(pattern, type)
  return values.ok ? values.value.map((one) => `${one.type} ${one.value}`) : values.code
}

describe('exchange/stix-pattern: what is written', () => {
  for (const [type, value, pattern] of [
    ['net.ipv4', '198.51.100.7', `[ipv4-addr:value = '198.51.100.7']`],
    ['net.ipv6', '2001:db8::1', `[ipv6-addr:value = '2001:db8::1']`],
    ['net.cidr', '198.51.100.0/24', `[ipv4-addr:value = '198.51.100.0/24']`],
    ['net.cidr', '2001:db8::/48', `[ipv6-addr:value = '2001:db8::/48']`],
    ['net.asn', '64500', '[autonomous-system:number = 64500]'],
    ['net.domain', 'bad.example', `[domain-name:value = 'bad.example']`],
    ['actor.email-domain', 'mail.example', `[email-addr:value LIKE '%@mail.example']`],
    [
      'http.user-agent',
      `it's (x)/*`,
      String.raw`[${AGENT} MATCHES '^it\'s \\(x\\)/(?:\\*|[0-9]+(?:[._][0-9]+)*)$']`,
    ],
    ['actor.bin', '424242', `actor.bin = '424242'`],
  ] as const) {
    it(`${type} ${value}`, () => {
      const written = patternOf({ type: typeByName(type)!.code, value })
      assert.equal(written.pattern, pattern)
      assert.deepEqual(read(written.pattern, written.pattern_type), [`${type} ${value}`])
    })
  }

  for (const { name, privacy, code } of TYPES) {
    if (privacy !== 'clear') continue
    it(`every ${name} is read as it was written`, () => {
      const canonical = fc
        .constantFrom(...rawValues.flatMap(([of, raw]) => (of === name ? [raw] : [])))
        .map((raw) => canonicalise(name, raw))
      fc.assert(
        fc.property(canonical, (made) => {
          if (!made.ok || made.value.type !== code) return
          const { pattern, pattern_type } = patternOf(made.value)
          const { type, value } = made.value
          assert.deepEqual(read(pattern, pattern_type), [`${typeOf(type).name} ${value}`])
        }),
      )
    })
  }

  it('an agent of any printable signs is read as it was written, and matches its headers', () => {
    const type = typeByName('http.user-agent')!
    const raw = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map(String.fromCharCode) })
    fc.assert(
      fc.property(raw, (header) => {
        const made = canonicalise(type.name, header)
        if (!made.ok) return
        const { pattern, pattern_type } = patternOf(made.value)
        assert.deepEqual(read(pattern, pattern_type), [`${type.name} ${made.value.value}`])
        const literal = /MATCHES '(.*)'\]$/.exec(pattern)![1]!.replace(/\\(['\\])/g, '$1')
        assert.match(header.trim(), new RegExp(literal))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('exchange/stix-pattern: what others write', () => {
  const rows: readonly (readonly [string, string[] | string])[] = [
    [`[ipv4-addr:value='192.0.2.1']`, ['net.ipv4 192.0.2.1']],
    [` [ ipv4-addr:value == '192.0.2.1' ] `, ['net.ipv4 192.0.2.1']],
    [
      `[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'a.example']`,
      ['net.ipv4 192.0.2.1', 'net.domain a.example'],
    ],
    [
      `[ipv4-addr:value = '192.0.2.1'] OR [ipv6-addr:value = '2001:db8::1']`,
      ['net.ipv4 192.0.2.1', 'net.ipv6 2001:db8::1'],
    ],
    [`[ipv4-addr:value ISSUBSET '192.0.2.0/24']`, ['net.cidr 192.0.2.0/24']],
    [`[ipv4-addr:value = '2001:db8::/32']`, ['net.ipv4 2001:db8::/32']],
    [`[${AGENT} = 'curl/8.5.0']`, ['http.user-agent curl/8.5.0']],
    [`[/* a */ipv4-addr:value // b\n = '192.0.2.1']`, ['net.ipv4 192.0.2.1']],
    [String.raw`[domain-name:value = 'a\'b\\c']`, [String.raw`net.domain a'b\c`]],
    [`[ipv4-addr:value ISSUBSET '192.0.2.1']`, 'pattern-unsupported'],
    [`[ipv4-addr:value ISSUPERSET '192.0.2.0/24']`, 'pattern-unsupported'],
    [`[ipv4-addr:value != '192.0.2.1']`, 'pattern-unsupported'],
    [`[NOT ipv4-addr:value = '192.0.2.1']`, 'pattern-unsupported'],
    [`[ipv4-addr:value NOT = '192.0.2.1']`, 'pattern-unsupported'],
    [`[ipv4-addr:value IN ('192.0.2.1')]`, 'pattern-unsupported'],
    [`[ipv4-addr:value = '192.0.2.1' AND url:value = 'x']`, 'pattern-unsupported'],
    [`[ipv4-addr:value = '192.0.2.1'] AND [domain-name:value = 'a.b']`, 'pattern-unsupported'],
    [`[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [domain-name:value = 'a']`, 'pattern-unsupported'],
    [`[ipv4-addr:value = '192.0.2.1'] WITHIN 5 SECONDS`, 'pattern-unsupported'],
    [`[ipv4-addr:value = '192.0.2.1'] REPEATS 5 TIMES`, 'pattern-unsupported'],
    [`[url:value = 'https://a.example/']`, 'pattern-unsupported'],
    [`[file:hashes.'SHA-256' = 'aa']`, 'pattern-unsupported'],
    [`[ipv4-addr:value = h'0102']`, 'pattern-unsupported'],
    [`[ipv4-addr:value = b'AQI=']`, 'pattern-unsupported'],
    [`[ipv4-addr:value = t'2026-01-01T00:00:00Z']`, 'pattern-unsupported'],
    [`[ipv4-addr:value = 5]`, 'pattern-unsupported'],
    [`[autonomous-system:number = '64500']`, 'pattern-unsupported'],
    [`[autonomous-system:number = 64500.5]`, 'pattern-unsupported'],
    [`[autonomous-system:number = -1]`, 'pattern-unsupported'],
    [`[email-addr:value = 'a@b.example']`, 'pattern-unsupported'],
    [`[email-addr:value LIKE '%@%.example']`, 'pattern-unsupported'],
    [`[email-addr:value LIKE '%a@b.example']`, 'pattern-unsupported'],
    [`[domain-name:value LIKE '%.example']`, 'pattern-unsupported'],
    [`[domain-name:value MATCHES '.*']`, 'pattern-unsupported'],
    [`[${AGENT} MATCHES '^curl.*$']`, 'pattern-unsupported'],
    [`[${AGENT} MATCHES 'curl']`, 'pattern-unsupported'],
    [`[domain-name:value = 'a\\n.example']`, 'pattern-unsupported'],
    [`[domain-name:value = 'a.example]`, 'pattern-unsupported'],
    [`[domain-name:value = 'a.example'`, 'pattern-unsupported'],
    ['[]', 'pattern-unsupported'],
    ['', 'pattern-unsupported'],
    [`[${'/'.repeat(LIMITS.patternCharsMax)}]`, 'pattern-unsupported'],
    [`[domain-name:value = '${'a'.repeat(LIMITS.patternCharsMax)}']`, 'pattern-unsupported'],
  ]
  for (const [pattern, expected] of rows) {
    it(pattern.length > 90 ? `${pattern.slice(0, 60)}… (${pattern.length})` : pattern, () => {
      assert.deepEqual(read(pattern), expected)
    })
  }

  for (const [pattern, type] of [
    [`tls.ja4 = '${'a'.repeat(9)}'`, 'snort'],
    [`ja4 = 'a'`, 'tocsin'],
    [`actor.email = 'a@b.example'`, 'tocsin'],
    [`tls.ja4 = 'a' OR tls.ja4 = 'b'`, 'tocsin'],
    ['tls.ja4 = 5', 'tocsin'],
    ['tls.ja4', 'tocsin'],
    ['alert tcp any any -> any any', 'snort'],
  ] as const) {
    it(`${type}: ${pattern}`, () => assert.equal(read(pattern, type), 'pattern-unsupported'))
  }

  it('whatever it is given, it answers, in time', () => {
    const pieces = fc.constantFrom(
      ...["'", '\\', '[', ']', '/*', '*/', '//', ' ', 'OR', '=', 'ipv4-addr:value', "'a'", '('],
    )
    const noise = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 60 }).map((p) => p.join('')),
    )
    fc.assert(
      fc.property(noise, fc.constantFrom('stix', 'tocsin'), (pattern, type) => {
        read(pattern, type)
      }),
    )
    for (const piece of ['/*', "'\\", '/* *', "a:b.'", ' ', '//', '[a:b=']) {
      const startedMs = performance.now()
      read(piece.repeat(LIMITS.patternCharsMax / piece.length))
      assert.ok(performance.now() - startedMs < 500, piece)
    }
  })
})
