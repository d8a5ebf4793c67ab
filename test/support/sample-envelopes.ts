/** Envelopes as wire bytes: sound ones, and one for each way the bytes alone can be wrong. */
import { createHash } from 'node:crypto'
import { encode, type Cbor } from '../../src/core/canonical.js'
import { ENVELOPE_DOMAIN, toBytes } from '../../src/core/envelope.js'
import { bytesOf, OPEN_FEDERATION } from '../../src/core/identity.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { sign } from '../../src/core/signature.js'
import { toWire } from '../../src/core/statement.js'
import { authorNamed, report, revocation, sealed, T0, type Author } from './samples.js'

export interface SampleEnvelope {
  readonly name: string
  readonly bytes: Uint8Array
  /** With `outcome` and `code`: what it is judged as once the envelope of that name is held. */
  readonly after?: string
  readonly outcome?: string
  readonly code?: string
}

const A = authorNamed('A')
const B = authorNamed('B')
const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

interface Draft {
  readonly by?: Author
  readonly payload?: Cbor
  readonly payloadBytes?: Uint8Array
  /** Fields of the header to replace, by place. */
  readonly header?: Readonly<Record<number, Cbor>>
  readonly headerBytes?: (header: Uint8Array) => Uint8Array
}

/** Signs what `seal` would never sign. */
function forged(draft: Draft): Cbor[] {
  const by = draft.by ?? A
  const payload = draft.payloadBytes ?? encode(draft.payload ?? [toWire(report())])
  const fields: Cbor[] = [
    1,
    bytesOf(OPEN_FEDERATION.networkId),
    bytesOf(by.author),
    1,
    null,
    T0,
    T0 + DAY_MS,
    sha256(payload),
    payload.length,
  ]
  for (const [at, value] of Object.entries(draft.header ?? {})) fields[Number(at)] = value
  const plain = encode(fields)
  const header = draft.headerBytes?.(plain) ?? plain
  const signature = sign(Buffer.concat([Buffer.from(ENVELOPE_DOMAIN, 'latin1'), header]), by.seed)
  return [header, signature, payload]
}

function soundOnes(): SampleEnvelope[] {
  const first = sealed(A)
  const all = sealed(B, [
    report({ type: 3, value: '198.51.100.0/24', until: T0 + 7 * DAY_MS }),
    report({ type: 13, value: 'example.com', campaign: 'ca'.repeat(16), labels: [1, 3] }),
    report({ type: 11, value: '2e'.repeat(20), firstHand: false }),
    revocation({ value: '198.51.100.8' }),
    { kind: 'sighting', until: T0 + DAY_MS, type: 1, value: '198.51.100.7', count: 3, day: 20_000 },
    {
      kind: 'dispute',
      until: T0 + DAY_MS,
      type: 1,
      value: '198.51.100.7',
      author: A.author,
      reason: 1,
    },
  ])
  const next = { seq: 2, prev: first.id }
  const full = Array.from({ length: LIMITS.statementsMax }, (_, i) =>
    report({ value: `198.51.100.${i}` }),
  )
  return [
    { name: 'one report', bytes: toBytes(first) },
    { name: 'every kind', bytes: toBytes(all) },
    {
      name: 'a second envelope',
      bytes: toBytes(sealed(A, [revocation()], { ...next, time: T0 + 1 })),
    },
    { name: 'without its payload', bytes: toBytes({ ...first, payload: null }) },
    { name: '256 statements', bytes: toBytes(sealed(A, full)) },
    {
      name: 'another network',
      bytes: toBytes(sealed(A, [report()], { networkId: 'ee'.repeat(32) })),
    },
    {
      name: 'time-falls: earlier than the one before',
      bytes: toBytes(sealed(A, [report()], { ...next, time: T0 - 1 })),
      after: 'one report',
      outcome: 'refused',
      code: 'time-falls',
    },
  ]
}

const known = toWire(report())
const voids: Readonly<Record<string, Draft>> = {
  'void: unknown kind': { payload: [[7, T0 + DAY_MS, 'new']] },
  'void: unknown type': { payload: [[1, T0 + DAY_MS, 99, ...known.slice(3)]] },
  'void: unknown code': { payload: [[...known.slice(0, 8), 99, ...known.slice(9)]] },
  'void: trailing field': { payload: [[...known, 1]] },
  'void: value form': { payload: [[1, T0 + DAY_MS, 1, '198.51.100.07', ...known.slice(4)]] },
}

const longLife = T0 + LIMITS.lifeMsMax + 1
const refusals: Readonly<Record<string, Draft>> = {
  'version-unknown': { header: { 0: 2 } },
  'header-shape: network of 31 bytes': { header: { 1: Buffer.alloc(31) } },
  'header-shape: author is text': { header: { 2: 'A' } },
  'header-shape: seq 0': { header: { 3: 0 } },
  'header-shape: prev of 31 bytes': { header: { 3: 2, 4: Buffer.alloc(31) } },
  'header-shape: time is null': { header: { 5: null } },
  'header-shape: expires is null': { header: { 6: null } },
  'header-shape: hash of 31 bytes': { header: { 7: Buffer.alloc(31) } },
  'header-shape: payload bytes is null': { header: { 8: null } },
  'header-shape: ten fields': { header: { 9: 0 } },
  'first-shape: seq 1 with prev': { header: { 4: Buffer.alloc(32, 1) } },
  'first-shape: seq 2 without prev': { header: { 3: 2 } },
  'too-large: payload bytes': { header: { 8: LIMITS.payloadBytesMax + 1 } },
  'too-large: header': { header: { 9: Buffer.alloc(LIMITS.headerBytesMax) } },
  'until-range: expires': { header: { 6: longLife } },
  'until-range: statement': { payload: [[7, longLife], known] },
  'expires-wrong: later': { header: { 6: T0 + DAY_MS + 1 } },
  'expires-wrong: earlier': { header: { 6: T0 + DAY_MS - 1 } },
  'payload-hash: wrong hash': { header: { 7: Buffer.alloc(32) } },
  'payload-hash: wrong length': { header: { 8: 1 } },
  'payload-shape: not a list': { payload: 1 },
  'payload-shape: no statement': { payload: [] },
  'payload-shape: 257 statements': { payload: Array.from({ length: 257 }, () => [7, T0 + DAY_MS]) },
  'statement-shape': { payload: [[1, T0 + DAY_MS]] },
  'not-canonical: payload': { payloadBytes: Buffer.from('9f01ff', 'hex') },
  'not-canonical: header with a long integer': {
    headerBytes: (header) =>
      Buffer.concat([header.subarray(0, 1), Buffer.of(0x18, 1), header.subarray(2)]),
  },
  'key-weak: small order': {
    by: { seed: A.seed, author: '01'.padEnd(64, '0') as Author['author'] },
  },
}

function brokenWires(): SampleEnvelope[] {
  const bytes = Buffer.from(toBytes(sealed(A)))
  const [header, signature, payload] = forged({}) as [Buffer, Buffer, Buffer]
  const flipped = Buffer.from(signature)
  flipped[5]! ^= 1
  const wires: Readonly<Record<string, Uint8Array>> = {
    'too-large: wire': Buffer.alloc(LIMITS.envelopeBytesMax + 1),
    'not-canonical: truncated': bytes.subarray(0, -1),
    'not-canonical: trailing byte': Buffer.concat([bytes, Buffer.of(0)]),
    'not-canonical: empty': Buffer.alloc(0),
    'not-canonical: a map': Buffer.from('a0', 'hex'),
    'not-canonical: indefinite list': Buffer.concat([
      Buffer.of(0x9f),
      bytes.subarray(1),
      Buffer.of(0xff),
    ]),
    'not-canonical: a tag': Buffer.concat([Buffer.of(0xc1), bytes]),
    'frame-shape: a number': encode(1),
    'frame-shape: two parts': encode([header, signature]),
    'frame-shape: signature of 63 bytes': encode([header, signature.subarray(1), payload]),
    'frame-shape: header is null': encode([null, signature, payload]),
    'frame-shape: payload is text': encode([header, signature, 'payload']),
    'signature-wrong: a flipped bit': encode([header, flipped, payload]),
    'signature-wrong: of another key': encode([header, forged({ by: B })[1]!, payload]),
    'payload-hash: another payload': encode([header, signature, encode([[7, T0 + DAY_MS]])]),
  }
  return Object.entries(wires).map(([name, wire]) => ({ name, bytes: wire }))
}

export function sampleEnvelopes(): SampleEnvelope[] {
  const made = Object.entries({ ...voids, ...refusals }).map(([name, draft]) => {
    return { name, bytes: encode(forged(draft)) }
  })
  return [...soundOnes(), ...made, ...brokenWires()]
}
