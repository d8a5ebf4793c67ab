/** One catch-up stream to a lab, from the side of a member that has only a keyboard. */
import assert from 'node:assert/strict'
import type { Stream } from '@libp2p/interface'
import type { Envelope } from '../../src/core/envelope.js'
import { LIMITS } from '../../src/core/limits.js'
import { Channel } from '../../src/mesh/catch-up-channel.js'
import { CATCH_UP_PROTOCOL, type CatchUpMessage } from '../../src/mesh/catch-up-protocol.js'
import { NETWORK, type Lab } from './lab.js'
import type { RawNode } from './raw-node.js'

type Sent = Parameters<Channel['write']>[0]
type Of<K extends CatchUpMessage['kind']> = Extract<CatchUpMessage, { kind: K }>

export const HELLO: Of<'hello'> = {
  kind: 'hello',
  version: 1,
  networkId: NETWORK,
  now: 0,
  frameBytesMax: LIMITS.frameBytesMax,
}
export const DONE: Sent = { kind: 'done', reason: 0 }
export const SIGNAL = new AbortController().signal

export class Hand {
  readonly channel: Channel
  /** Said and heard, length prefixes included. */
  bytes = 0

  constructor(stream: Stream) {
    const send = stream.send.bind(stream)
    stream.send = (data) => {
      this.bytes += data.byteLength
      return send(data)
    }
    stream.addEventListener('message', ({ data }) => {
      this.bytes += data.byteLength
    })
    this.channel = new Channel(stream, 5_000)
  }

  static async open(member: RawNode, lab: Lab): Promise<Hand> {
    return new Hand(await member.open(lab, CATCH_UP_PROTOCOL))
  }

  say(message: Sent): Promise<void> {
    return this.channel.write(message, SIGNAL)
  }

  /** Reads on to the next message of a kind. */
  async hear<K extends CatchUpMessage['kind']>(kind: K): Promise<Of<K>> {
    for (;;) {
      const message = await this.channel.read(SIGNAL)
      if (message.kind === kind) return message as Of<K>
    }
  }

  async greet(...heads: readonly Envelope[]): Promise<void> {
    await this.say(HELLO)
    const rows = heads.map(({ author, seq, id }) => ({ author, floor: 1, seq, id }))
    await this.say({ kind: 'heads', heads: rows })
  }

  /** The other side has ended the session. */
  async ended(): Promise<void> {
    await assert.rejects(this.hear('unknown'))
  }
}
