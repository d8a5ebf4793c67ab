/** The window of a stream: how often it is told, and that all arrives whatever comes. */
import assert from 'node:assert/strict'
import type { Stream } from '@libp2p/interface'
import { multiaddrConnectionPair } from '@libp2p/utils'
import { yamux } from '@libp2p/yamux'
import { muxer } from '../../src/mesh/muxer.js'
import { until } from '../support/until.js'

/** Of a frame's head, where its type stands, and the type that tells of room. */
const [HEAD_BYTES, TYPE_AT, WINDOW_UPDATE] = [12, 1, 1]

interface Heard {
  bytes: number
  /** Frames that told the sender of room. */
  told: number
}

/** One side sends so many messages of so many bytes to the other. */
async function send(make: typeof muxer, count: number, length: number): Promise<Heard> {
  const [near, far] = multiaddrConnectionPair()
  const heard = { bytes: 0, told: 0 }
  const said = far.send.bind(far)
  far.send = (data) => {
    const bytes = data.subarray()
    if (bytes.length === HEAD_BYTES && bytes[TYPE_AT] === WINDOW_UPDATE) heard.told++
    return said(data)
  }
  const [sender, receiver] = [near, far].map((one) =>
    make({ enableKeepAlive: false })().createStreamMuxer(one),
  )
  receiver!.addEventListener('stream', ({ detail }) => {
    detail.addEventListener('message', ({ data }) => void (heard.bytes += data.byteLength))
  })
  const stream: Stream = await sender!.createStream()
  for (let i = 0; i < count; i++) {
    if (!stream.send(new Uint8Array(length))) await stream.onDrain()
    // Each in a frame of its own, as envelopes come.
    await new Promise(setImmediate)
  }
  const what = `${heard.bytes} of ${count * length} bytes`
  await until(() => heard.bytes === count * length, { timeoutMs: 10_000, what })
  for (const one of [near, far]) one.abort(new Error('done'))
  return heard
}

describe('mesh: the window of a stream', () => {
  it('is told of once half of it is used, not for each message', async () => {
    const [plain, ours] = [await send(yamux, 1_000, 350), await send(muxer, 1_000, 350)]
    assert.ok(plain.told >= 500, `${plain.told}`)
    assert.ok(ours.told >= 2 && ours.told <= 8, `${ours.told}`)
  })

  it('lets everything through, in messages small and larger than itself', async () => {
    for (const [count, length] of [
      [5_000, 100],
      [300, 40_000],
      [12, 1 << 20],
    ] as const) {
      assert.equal((await send(muxer, count, length)).bytes, count * length)
    }
  })
})
