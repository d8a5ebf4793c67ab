/**
 * A catch-up channel in memory: real frames in order, and an end that both sides see. It may be cut
 * after a number of frames.
 */
import { ChannelError } from '../../src/mesh/catch-up-channel.js'
import {
  decodeMessage,
  encodeMessage,
  type CatchUpMessage,
} from '../../src/mesh/catch-up-protocol.js'

type Sent = Parameters<typeof encodeMessage>[0]

export class LineCut extends ChannelError {}

export class Line {
  #framesLeft: number
  #cut = false
  readonly ends: readonly [LineEnd, LineEnd]

  constructor(framesMax = Infinity) {
    this.#framesLeft = framesMax
    const one = new LineEnd(this)
    const other = new LineEnd(this)
    one.peer = other
    other.peer = one
    this.ends = [one, other]
  }

  get isCut(): boolean {
    return this.#cut
  }

  /** Whether one more frame passes. */
  carry(): boolean {
    if (--this.#framesLeft < 0) this.cut()
    return !this.#cut
  }

  /** A side has hung up: what it has written is still read, then nothing comes any more. */
  leave(end: LineEnd): void {
    end.peer.hasEnded = true
    end.peer.wake()
  }

  cut(): void {
    this.#cut = true
    for (const end of this.ends) end.wake()
  }
}

/** One side's end, as `Session` wants it. */
export class LineEnd {
  peer!: LineEnd
  /** The other side has hung up. */
  hasEnded = false
  readonly #line: Line
  readonly #frames: Uint8Array[] = []
  #waiting: (() => void) | undefined

  constructor(line: Line) {
    this.#line = line
  }

  wake(): void {
    this.#waiting?.()
    this.#waiting = undefined
  }

  async read(_signal?: AbortSignal): Promise<CatchUpMessage> {
    while (this.#frames.length === 0) {
      if (this.#line.isCut || this.hasEnded) throw new LineCut('the line was cut')
      await new Promise<void>((resolve) => (this.#waiting = resolve))
    }
    const message = decodeMessage(this.#frames.shift()!)
    if (message === undefined) throw new ChannelError('not a catch-up message')
    return message
  }

  async write(message: Sent, _signal?: AbortSignal): Promise<void> {
    if (!this.#line.carry()) throw new LineCut('the line was cut')
    this.peer.#frames.push(encodeMessage(message))
    this.peer.wake()
    await Promise.resolve()
  }
}
