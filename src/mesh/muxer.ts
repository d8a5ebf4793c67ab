/**
 * yamux that tells a sender of room once half of a stream's window is used, as other languages do
 * (go-yamux, rust-yamux). The library does at every frame: for each small envelope that comes in a
 * frame goes back, encrypted and written by itself, on which a flooded node spent half of its
 * longest turns. A sender never waits for it: the other half is still its own.
 */
import { yamux, type YamuxMuxerInit } from '@libp2p/yamux'
import { StreamState, type YamuxStream } from '@libp2p/yamux/stream'

/** Of the stream class, what its types keep to themselves; bytes. */
interface Windowed {
  readonly state: StreamState
  readonly recvWindow: number
  /** What may still come before we tell of more. */
  readonly recvWindowCapacity: number
}

export function muxer(init: YamuxMuxerInit): ReturnType<typeof yamux> {
  return () => {
    const factory = yamux(init)()
    const make = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const made = make(connection)
      const [opened, taken] = [made.onCreateStream.bind(made), made.onRemoteStream.bind(made)]
      made.onCreateStream = () => sparing(opened())
      made.onRemoteStream = (stream) => taken(sparing(stream))
      return made
    }
    return factory
  }
}

/** A stream that opens is told of as it was; one that resumes, once half of its window is used. */
function sparing(stream: YamuxStream): YamuxStream {
  const tell = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const { state, recvWindow, recvWindowCapacity } = stream as unknown as Windowed
    if (state !== StreamState.Established || recvWindowCapacity * 2 <= recvWindow) tell()
  }
  return stream
}
