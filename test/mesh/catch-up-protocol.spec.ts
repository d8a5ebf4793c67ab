/** Catch-up messages: what is written is read again, and nothing else is. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { encode, type Cbor } from '../../src/core/canonical.js'
import { authorOf, envelopeIdOf } from '../../src/core/identity.js'
import { LIMITS } from '../../src/core/limits.js'
import {
  decodeMessage,
  encodeMessage,
  HEADS_PER_FRAME_MAX,
  WIRES_PER_FRAME_MAX,
} from '../../src/mesh/catch-up-protocol.js'

const KEY = new Uint8Array(32).fill(1)
const author = authorOf(KEY)
const id = envelopeIdOf(KEY)
type Known = Parameters<typeof encodeMessage>[0]

const MESSAGES: readonly Known[] = [
  { kind: 'hello', version: 1, networkId: 'ab'.repeat(32), now: 5, frameBytesMax: 1_048_576 },
  { kind: 'heads', heads: [{ author, floor: 1, seq: 7, id }] },
  { kind: 'want', author, from: 1, to: 7 },
  { kind: 'envelopes', author, from: 1, wires: [Buffer.from([1, 2])] },
  { kind: 'none', author, from: 1, reason: 2 },
  { kind: 'fork', proof: Buffer.from([1, 2]) },
  { kind: 'ask' },
  { kind: 'beacon', wire: Buffer.from([1, 2]) },
  { kind: 'done', reason: 0 },
  { kind: 'busy', retryMs: 500 },
]

const MALFORMED: readonly Cbor[] = [
  7,
  [],
  ['1'],
  [1, 1, KEY, 5],
  [1, 1, KEY, 5, []],
  [1, 1, KEY.subarray(1), 5, [9]],
  [2, 5],
  [2, [[KEY, 1, 7]]],
  [2, [[KEY, 1, 7, 'id']]],
  [2, [[KEY, 0, 7, KEY]]],
  [2, [[KEY, 1, 0, KEY]]],
  [3, KEY, 0, 7],
  [3, KEY, 8, 7],
  [3, KEY, 1],
  [4, KEY, 1, [5]],
  [4, KEY, 1, 'wire'],
  [6, KEY, 1],
  [7],
  [9, 'wire'],
  [10],
  [11, 'soon'],
]

describe('mesh catch-up protocol', () => {
  for (const message of MESSAGES) {
    it(`reads back ${message.kind}`, () => {
      assert.deepEqual(decodeMessage(encodeMessage(message)), message)
    })
  }

  it('reads past fields and codes of later versions', () => {
    assert.deepEqual(decodeMessage(encode([10, 0, 'why'])), { kind: 'done', reason: 0 })
    assert.deepEqual(decodeMessage(encode([99, [[1]]])), { kind: 'unknown', code: 99 })
    assert.deepEqual(decodeMessage(encode([5, 1_024])), { kind: 'unknown', code: 5 })
  })

  it('refuses known messages that lack a field of its kind', () => {
    for (const cbor of MALFORMED) assert.equal(decodeMessage(encode(cbor)), undefined)
  })

  it('never throws, whatever the bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeMessage(bytes)))
  })

  it('fits its largest messages into a frame and its reader', () => {
    const head = { author, floor: 2 ** 40, seq: 2 ** 40, id }
    const heads = encodeMessage({
      kind: 'heads',
      heads: Array.from({ length: HEADS_PER_FRAME_MAX }, () => head),
    })
    assert.ok(heads.length < LIMITS.frameBytesMax)
    assert.equal(decodeMessage(heads)?.kind, 'heads')
    const each = Math.floor(LIMITS.wantBytesMax / WIRES_PER_FRAME_MAX)
    const wires = Array.from({ length: WIRES_PER_FRAME_MAX }, () => new Uint8Array(each))
    wires.push(new Uint8Array(LIMITS.envelopeBytesMax))
    const envelopes = encodeMessage({ kind: 'envelopes', author, from: 2 ** 40, wires })
    assert.ok(envelopes.length < LIMITS.frameBytesMax)
    const most = encodeMessage({ kind: 'envelopes', author, from: 1, wires: wires.slice(1) })
    assert.equal(decodeMessage(most)?.kind, 'envelopes')
  })
})
