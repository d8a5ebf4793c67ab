/**
 * Mutated vectors into every decoder of core: none throws, none takes long, and what is accepted is
 * exactly what would be written. `FUZZ_SEED=… FUZZ_RUNS=…` replays or prolongs a run.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { canonicalise, isForm } from '../../src/core/canonical-form.js'
import { decode, encode } from '../../src/core/canonical.js'
import { open, openHeader, openParts, toBytes } from '../../src/core/envelope.js'
import { formatCard, OPEN_FEDERATION, parseCard } from '../../src/core/identity.js'
import { TYPES, typeOf } from '../../src/core/indicator.js'
import { LIMITS } from '../../src/core/limits.js'
import { verify } from '../../src/core/signature.js'
import { fromWire, toWire } from '../../src/core/statement.js'
import { authorNamed } from '../support/samples.js'
import { rawValues } from '../support/raw-values.js'
import { bytesOfHex, envelopeRows, statementRows } from '../support/vectors.js'

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 3_000)
const SEED = process.env['FUZZ_SEED']
const settings = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) }
/** A decoder works in well under a millisecond; this much means that its bounds do not hold. */
const SLOW_MS = 1_000

/** Bytes that are heads of large lengths, deep lists, or values outside the profile. */
const spice = fc.constantFrom(
  ...[0x00, 0x1b, 0x3b, 0x5b, 0x7b, 0x81, 0x9b, 0x9f, 0xbf, 0xc1, 0xf6, 0xf7, 0xfb, 0xff],
)
const edit = fc.record({
  at: fc.nat(1 << 16),
  how: fc.constantFrom('flip', 'set', 'insert', 'remove', 'cut', 'repeat' as const),
  byte: fc.oneof(spice, fc.nat(255)),
  length: fc.nat(64),
})
type Edit = {
  at: number
  how: 'flip' | 'set' | 'insert' | 'remove' | 'cut' | 'repeat'
  byte: number
  length: number
}

function edited(bytes: Buffer, { at: anywhere, how, byte, length }: Edit): Buffer {
  const at = bytes.length === 0 ? 0 : anywhere % bytes.length
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
  switch (how) {
    case 'flip':
      return Buffer.concat([head, Buffer.of((tail[0] ?? 0) ^ (1 << (byte & 7))), tail.subarray(1)])
    case 'set':
      return Buffer.concat([head, Buffer.of(byte), tail.subarray(1)])
    case 'insert':
      return Buffer.concat([head, Buffer.alloc(length, byte), tail])
    case 'remove':
      return Buffer.concat([head, tail.subarray(length)])
    case 'cut':
      return Buffer.from(head)
    case 'repeat':
      return Buffer.concat([head, tail.subarray(0, length), tail])
  }
}

function mutations(seeds: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...seeds), fc.array(edit, { maxLength: 4 }))
    .map(([bytes, edits]) => edits.reduce(edited, bytes))
}

function quickly<T>(work: () => T): T {
  const before = performance.now()
  const result = work()
  assert.ok(performance.now() - before < SLOW_MS, 'took too long')
  return result
}

const wires = envelopeRows()
  .map((row) => bytesOfHex(row.wire))
  .filter((wire) => wire.length < 4_096)
const parts = wires.flatMap((wire) => {
  const opened = open(wire)
  return opened.ok ? [opened.value] : []
})
const headers = parts.map((envelope) => Buffer.from(envelope.header))
const statements = statementRows().map((row) => bytesOfHex(row.wire))

describe('fuzz: decoders of core', () => {
  it('decode', () => {
    fc.assert(
      fc.property(mutations([...wires, ...headers, ...statements]), (bytes) => {
        const value = quickly(() => decode(bytes))
        if (value !== undefined) assert.deepEqual(Buffer.from(encode(value)), bytes)
      }),
      settings,
    )
  })

  it('open', () => {
    fc.assert(
      fc.property(mutations(wires), (bytes) => {
        const opened = quickly(() => open(bytes))
        if (opened.ok) assert.deepEqual(Buffer.from(toBytes(opened.value)), bytes)
        else assert.equal(typeof opened.code, 'string')
      }),
      settings,
    )
  })

  it('openHeader and openParts, past the wire’s own check', () => {
    fc.assert(
      fc.property(mutations(headers), fc.constantFrom(...parts), (header, envelope) => {
        quickly(() => openHeader(header))
        quickly(() => openParts(header, envelope.signature, envelope.payload))
      }),
      settings,
    )
  })

  it('fromWire, past the hash', () => {
    const anything = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constant(null),
        fc.maxSafeNat(),
        fc.string(),
        fc.uint8Array(),
        fc.array(tie('value'), { maxLength: 16 }),
      ),
    })).value
    const read = mutations(statements).map((bytes) => decode(bytes))
    fc.assert(
      fc.property(fc.oneof(read, anything), (value) => {
        const made = quickly(() => fromWire(value as ReturnType<typeof decode>))
        if (!made.ok || made.value.kind === 'void') return
        assert.deepEqual(fromWire(toWire(made.value)), made)
      }),
      settings,
    )
  })

  it('parseCard', () => {
    const { author } = authorNamed('A')
    const card = formatCard(author, ['/ip4/198.51.100.7/tcp/1'], OPEN_FEDERATION, 'Lab A')
    const text = mutations([Buffer.from(card)]).map((bytes) => bytes.toString('latin1'))
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (given) => {
        quickly(() => parseCard(given))
      }),
      settings,
    )
    assert.equal(
      quickly(() => parseCard(`tocsin:${'1'.repeat(1 << 20)}`)),
      undefined,
    )
  })

  it('canonicalise and isForm', () => {
    const raws = rawValues.map(([, raw]) => Buffer.from(raw))
    const text = mutations(raws).map((bytes) => bytes.toString('utf8'))
    fc.assert(
      fc.property(fc.constantFrom(...TYPES), text, (type, raw) => {
        const made = quickly(() => canonicalise(type.name, raw))
        quickly(() => isForm(type, raw))
        if (!made.ok) return
        assert.deepEqual(canonicalise(typeOf(made.value.type).name, made.value.value), made)
      }),
      settings,
    )
  })

  it('verify', () => {
    const { signature, header, author } = parts[0]!
    const key = mutations([Buffer.from(author, 'hex')])
    fc.assert(
      fc.property(mutations([Buffer.from(signature)]), key, (sig, publicKey) => {
        quickly(() => verify(sig, header, publicKey))
      }),
      { ...settings, numRuns: Math.min(RUNS, 1_000) },
    )
  })
})

describe('fuzz: bombs', () => {
  const head = (major: number, length: number): Buffer => {
    const bytes = Buffer.alloc(9, (major << 5) | 27)
    bytes.writeBigUInt64BE(BigInt(length), 1)
    return bytes
  }
  const BOMBS: Readonly<Record<string, Buffer>> = {
    'a million nested lists': Buffer.alloc(1 << 20, 0x81),
    'nested indefinite lists': Buffer.alloc(1 << 20, 0x9f),
    'nested tags': Buffer.alloc(1 << 20, 0xc1),
    'a list of a million empty lists': Buffer.concat([
      head(4, 1 << 20),
      Buffer.alloc(1 << 20, 0x80),
    ]),
    'a list that lies about 2^53 - 1 items': Buffer.concat([
      head(4, 2 ** 53 - 1),
      Buffer.alloc(64),
    ]),
    'bytes that lie about 4 GiB': Buffer.concat([head(2, 2 ** 32), Buffer.alloc(64)]),
    'text that lies about 2^53 - 1 bytes': Buffer.concat([head(3, 2 ** 53 - 1), Buffer.alloc(64)]),
    'lists that each promise the rest': Buffer.from('9a00ffffff'.repeat(10_000), 'hex'),
    'a full envelope of heads': Buffer.alloc(LIMITS.envelopeBytesMax, 0x9b),
  }
  for (const [what, bytes] of Object.entries(BOMBS)) {
    it(what, () => {
      const before = process.memoryUsage().rss
      assert.equal(
        quickly(() => decode(bytes)),
        undefined,
      )
      assert.equal(quickly(() => open(bytes)).ok, false)
      assert.equal(quickly(() => openHeader(bytes)).ok, false)
      assert.ok(process.memoryUsage().rss - before < 64 * 1_048_576, 'allocated past its limits')
    })
  }
})
