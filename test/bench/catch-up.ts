/**
 * `npm run bench catch-up`: a new member fetches, verifies and applies 1,000,000 reports, beside
 * the raw write of the rows it then holds, and beside a libp2p stream that only moves the bytes of
 * the same envelopes. Real nodes; the stream between two bare ones in this process.
 */
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { lpStream } from '@libp2p/utils'
import { createLibp2p } from 'libp2p'
import { LIMITS } from '../../src/core/limits.js'
import { envelopeBytes, newcomerPart } from '../soak/catch-up.js'
import { Fleet } from '../support/fleet.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { round } from './rates.js'

const PROTOCOL = '/tocsin-bench/raw/1'

export async function benchCatchUp(count: number, seed: number): Promise<Figures> {
  const fleet = await Fleet.open()
  try {
    const newcomer = await newcomerPart(fleet, count, seed)
    const bytes = await envelopeBytes(fleet.labs[0]!)
    const streamSeconds = await moved(bytes)
    return {
      reports: count,
      newcomerSeconds: round(newcomer.seconds),
      rawSeconds: round(newcomer.raw.seconds),
      timesRaw: round(newcomer.seconds / newcomer.raw.seconds),
      rawChainedSeconds: round(newcomer.chained.seconds),
      envelopeMib: round(bytes / 2 ** 20),
      streamSeconds: round(streamSeconds),
      timesStream: round(newcomer.seconds / streamSeconds),
    }
  } finally {
    await fleet.close()
  }
}

async function bareNode() {
  return createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
  })
}

/** Seconds to move so many bytes, in frames as catch-up has them. */
async function moved(bytes: number): Promise<number> {
  const [from, to] = [await bareNode(), await bareNode()]
  const options = { maxDataLength: LIMITS.frameBytesMax }
  try {
    const received = new Promise<void>((resolve, reject) => {
      const take = async (frames: ReturnType<typeof lpStream>): Promise<void> => {
        for (let left = bytes; left > 0;) left -= (await frames.read()).byteLength
      }
      void to.handle(
        PROTOCOL,
        (stream) => void take(lpStream(stream, options)).then(resolve, reject),
      )
    })
    const stream = await from.dialProtocol(to.getMultiaddrs(), PROTOCOL)
    const frames = lpStream(stream, options)
    const frame = new Uint8Array(LIMITS.wantBytesMax)
    const began = performance.now()
    for (let left = bytes; left > 0; left -= frame.length) await frames.write(frame)
    await received
    return (performance.now() - began) / 1_000
  } finally {
    await Promise.all([from.stop(), to.stop()])
  }
}

await runSoak(import.meta.url, 'catch-up', ({ seed }) => benchCatchUp(1_000_000, seed))
