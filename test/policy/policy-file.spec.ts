/**
 * The policy file: the packaged one says what is built in, everything wrong is told at once with
 * its place, and what must never happen cannot be said.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { PACKAGED_POLICY } from '../../src/config.js'
import { readPolicyText } from '../../src/yaml-file.js'
import { LIMITS } from '../../src/core/limits.js'
import { readPolicy, unknownMembers } from '../../src/policy/policy-file.js'
import { DEFAULT_POLICY, policyHash, type Policy } from '../../src/policy/rules.js'
import { policyContent } from '../support/policies.js'

function good(text: string): Policy {
  const reading = readPolicyText(text)
  assert.ok('policy' in reading, JSON.stringify(reading))
  return reading.policy
}

function told(text: string): string[] {
  const reading = readPolicyText(text)
  assert.ok('errors' in reading, `${text} was read`)
  return reading.errors.map(({ key, message }) => `${key}: ${message}`)
}

/** Text of a file and, in order, what is told of it. */
const BAD: readonly (readonly [string, readonly RegExp[]])[] = [
  ['version: 2\nmarvel: 0', [/^version: 2 is newer than what this version of Tocsin reads, 1$/]],
  ['version: 0\nquorum: 0', [/^version: is 1$/, /^quorum: /]],
  ['quorum: 0', [/^quorum: is a whole number from 1 to 256$/]],
  ['quorum: 1.5', [/^quorum: is a whole number/]],
  ['sketches: {total: 20001, each: 1}', [/^sketches\.each: no such key/, /^sketches\.total: /]],
  ['quorum: "2"', [/^quorum: is a whole number/]],
  ['disputers: 257', [/^disputers: is a whole number from 1 to 256$/]],
  ['request: {kinds: 0, members: -1}', [/^request\.kinds: /, /^request\.members: /]],
  [
    'confidence: {floor: 101, decay: -1}',
    [/^confidence\.floor: is a number from 0 to 100$/, /^confidence\.decay: /],
  ],
  ['confidence: {floor: .nan}', [/^confidence\.floor: /]],
  [
    'bulkhead: {keys: {percent: 100.5}, changes: {min: -1}}',
    [/^bulkhead\.keys\.percent: /, /^bulkhead\.changes\.min: is a whole number from 0 up$/],
  ],
  ['pap: {red: block, amber: block}', [/^pap\.red: .*never block$/, /^pap\.amber: .*never block$/]],
  ['pap: {green: allow}', [/^pap\.green: is one of observe throttle challenge block$/]],
  ['pap: {white: observe}', [/^pap\.white: no such key; did you mean pap\.\w+\?$/]],
  [
    'tlp: {red: {act: throttle, export: true}}',
    [/^tlp\.red\.act: is observe/, /^tlp\.red\.export: is false/],
  ],
  ['tlp: {amber+strict: {export: true}}', [/^tlp\.amber\+strict\.export: is false/]],
  ['tlp: {green: {export: maybe}}', [/^tlp\.green\.export: is true or false$/]],
  ['tlp: {green: block}', [/^tlp\.green: holds keys with their values$/]],
  ['trust: {observe: {alone: throttle}}', [/^trust\.observe: .*never acts$/]],
  ['trust: {observe: {counts: true}}', [/^trust\.observe: /]],
  ['trust: {trusted: {alone: never}}', [/^trust\.trusted\.alone: is one of/]],
  ['types: {asn: {alone: block}}', [/^types\.asn\.alone: is more than together \(throttle\)/]],
  ['types: {ip: {alone: block, together: throttle}}', [/^types\.ip\.alone: /]],
  ['types: {ipv4: {}, net.ipv4: {}}', [/^types\.net\.ipv4: says something of net\.ipv4 twice$/]],
  ['types: {asn: {alon: observe}}', [/^types\.asn\.alon: .*mean types\.asn\.alone\?$/]],
  ['types: [asn]', [/^types: holds keys/]],
  ['shadow: {all: yes, types: asn}', [/^shadow\.types: is a list of names$/, /^shadow\.all: /]],
  ['shadow: {members: [1]}', [/^shadow\.members: is a list of names$/]],
  ['qorum: 2', [/^qorum: no such key; did you mean quorum\?$/]],
  ['confidence: {flor: 1}', [/^confidence\.flor: .*mean confidence\.floor\?$/]],
  ['floor: 60', [/^floor: .*mean confidence\.floor\?$/]],
  [
    'lists: {clouds: observe, without: {}}',
    [/^lists\.clouds: .*lists\.cloud\?/, /^lists\.without/],
  ],
  ['__proto__: {quorum: 1}', [/^__proto__: no such key/]],
  ['[]', [/^file: holds keys/]],
  ['quorum: [', [/^file: .*line 1/]],
  ['quorum: 2\nquorum: 3', [/^file: .*unique.*line 2/i]],
  [`# ${'x'.repeat(LIMITS.policyBytesMax)}`, [/^file: has more than 65536 bytes$/]],
  [
    'qorum: 2\npap: {amber: block}\nconfidence: {floor: high}\ntypes: {asn: {alone: ban}}',
    [/^qorum/, /^confidence\.floor/, /^types\.asn\.alone/, /^pap\.amber/],
  ],
]

describe('policy/policy-file', () => {
  it('the packaged file has every key, and says what is built in', () => {
    const text = readFileSync(PACKAGED_POLICY, 'utf8')
    assert.deepEqual(good(text), DEFAULT_POLICY)
    const without = (line: string) => good(text.replace(line, line.replace(/: .*/, ': null')))
    assert.deepEqual(without('quorum: 2'), DEFAULT_POLICY)
    const names = (group: object): string[] =>
      Object.entries(group).flatMap(([name, value]: [string, unknown]) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? [name, ...names(value)]
          : [name],
      )
    for (const name of names(DEFAULT_POLICY)) assert.ok(text.includes(`${name}:`), name)
  })

  it('what is left out has its default', () => {
    assert.deepEqual(good(''), DEFAULT_POLICY)
    assert.deepEqual(good('pap: {green: throttle}\ntlp:\nquorum: null'), {
      ...DEFAULT_POLICY,
      pap: { ...DEFAULT_POLICY.pap, green: 'throttle' },
    })
  })

  for (const [text, expected] of BAD) {
    it(`refuses ${text.slice(0, 70).replaceAll('\n', ' ')}`, () => {
      const notes = told(text)
      assert.equal(notes.length, expected.length, notes.join('\n'))
      expected.forEach((pattern, i) => assert.match(notes[i]!, pattern))
    })
  }

  it('a few lines that would unfold without end are an error', () => {
    const lines = Array.from({ length: 20 }, (_, i) => {
      const before = i === 0 ? 'x' : `*a${i - 1}, *a${i - 1}`
      return `k${i}: &a${i} [${before}, ${before}, ${before}]`
    })
    assert.match(told(lines.join('\n'))[0]!, /^file: .*alias/i)
  })

  it('takes types by full and short name, and ip for three of them', () => {
    const { shadow, types } = good('shadow: {types: [ip, ua]}\ntypes: {asn: {together: observe}}')
    assert.deepEqual(shadow.types, ['net.ipv4', 'net.ipv6', 'net.cidr', 'http.user-agent'])
    assert.deepEqual(types, { 'net.asn': { together: 'observe' } })
  })

  it('warns of types and members that nobody knows, and goes on', () => {
    const reading = readPolicyText(
      'shadow: {types: [ipv5, asn], members: [Lab B, Lab X]}\ntypes: {jaa4: {alone: observe}}',
    )
    assert.ok('policy' in reading)
    assert.deepEqual(reading.policy.shadow.types, ['net.asn'])
    assert.deepEqual(reading.policy.types, {})
    assert.deepEqual(
      reading.warnings.map(({ key, message }) => `${key}: ${message}`),
      [
        'shadow.types: no such type: ipv5; did you mean ipv4?',
        'types.jaa4: no such type: jaa4; did you mean ja4?',
      ],
    )
    assert.deepEqual(unknownMembers(reading.policy, new Set(['Lab B'])), [
      { key: 'shadow.members', message: 'no member is named Lab X' },
    ])
  })

  it('two files that say the same have one hash', () => {
    const a = good('# one\nquorum: 3\nshadow: {types: [asn, ua], members: [B, C]}')
    const b = good(
      'shadow:\n  members: [C, B, C]\n  types: [http.user-agent, net.asn]\nquorum: 3\n',
    )
    assert.equal(policyHash(a), policyHash(b))
    assert.equal(policyHash(good('quorum: 2 # as built in')), policyHash(DEFAULT_POLICY))
    assert.notEqual(policyHash(a), policyHash(good('quorum: 3')))
    assert.notEqual(policyHash(good('shadow: {all: true}')), policyHash(DEFAULT_POLICY))
  })

  it('law: a valid content is read whole; read again, it says the same', () => {
    fc.assert(
      fc.property(policyContent, (content) => {
        const reading = readPolicy(content)
        assert.ok('policy' in reading, JSON.stringify(reading))
        const again = readPolicy(reading.policy)
        assert.ok('policy' in again, JSON.stringify(again))
        assert.equal(policyHash(again.policy), policyHash(reading.policy))
      }),
      { numRuns: 500 },
    )
  })

  it('law: never throws, whatever the content', () => {
    fc.assert(
      fc.property(fc.anything(), policyContent, (junk, content) => {
        readPolicy(junk)
        readPolicy({ ...(content as object), tlp: junk, types: { asn: junk } })
      }),
      { numRuns: 500 },
    )
  })
})
