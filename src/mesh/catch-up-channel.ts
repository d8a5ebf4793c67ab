/**
 * Catch-up messages over one libp2p stream: length-prefixed, bounded in both directions, and ended
 * by silence. Writing waits until the stream has taken the bytes, so a slow reader costs one frame
 * of memory.
 */
import { once } from 'node:events'
import type { Stream } from '@libp2p/interface'
import { lpStream, type LengthPrefixedStream } from '@libp2p/utils'
import { LIMITS } from '../core/limits.js'
import { decodeMessage, encodeMessage, type CatchUpMessage } from './catch-up-protocol.js'

/**
 * What the other side may have sent while we were busy with its last frame: an answer and its own
 * wants.
 */
const UNREAD_BYTES_MAX = 2 * LIMITS.frameBytesMax

const CLOSE_MS_MAX = 1_000

/** The other side broke the protocol, or the line did. */
export class ChannelError extends Error {}

export class Channel {
  readonly #stream: Stream
  readonly #frames: LengthPrefixedStream<Stream>
  readonly #idleMsMax: number

  constructor(stream: Stream, idleMsMax: number) {
    this.#stream = stream
    this.#idleMsMax = idleMsMax
    // Its `write` waits for the 'drain' event; `stream.onDrain()` resolves at once after its first
    // use.
    this.#frames = lpStream(stream, {
      maxDataLength: LIMITS.frameBytesMax,
      maxBufferSize: UNREAD_BYTES_MAX,
    })
  }

  /** The next message. Throws where the stream ends, stays silent or carries no message. */
  async read(signal: AbortSignal): Promise<CatchUpMessage> {
    const frame = await this.#frames.read({ signal: this.#patience(signal) })
    const message = decodeMessage(frame.subarray())
    if (message === undefined) throw new ChannelError('not a catch-up message')
    return message
  }

  async write(message: Parameters<typeof encodeMessage>[0], signal: AbortSignal): Promise<void> {
    await this.writeBytes(encodeMessage(message), signal)
  }

  /** One frame as it is; what later versions may say is tried with it. */
  async writeBytes(frame: Uint8Array, signal: AbortSignal): Promise<void> {
    await this.#frames.write(frame, { signal: this.#patience(signal) })
  }

  /**
   * Lets what was written leave, then gives the other side a moment to close as well. Never throws.
   */
  async close(): Promise<void> {
    const signal = AbortSignal.timeout(CLOSE_MS_MAX)
    try {
      await this.#stream.close({ signal })
      if (this.#stream.status === 'open') await once(this.#stream, 'close', { signal })
    } catch (error) {
      this.abort(error)
    }
  }

  abort(reason: unknown): void {
    this.#stream.abort(reason instanceof Error ? reason : new ChannelError(String(reason)))
  }

  #patience(signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(this.#idleMsMax)])
  }
}
