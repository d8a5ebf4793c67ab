/** Server-sent events (WHATWG HTML §9.2) out of pieces of text; the rest of them is left out. */

export interface ServerEvent {
  readonly event: string
  readonly data: string
}

/** More of one event than a node ever sends: a warning list of 100,000 values has some 4 MB. */
const EVENT_CHARS_MAX = 32 << 20

export class EventReader {
  /** Whole events, in order. Throws where one would grow beyond all bounds. */
  *push(text: string): Generator<ServerEvent> {
    this.#rest += text
    for (let end = this.#rest.indexOf('\n\n'); end >= 0; end = this.#rest.indexOf('\n\n')) {
      const block = this.#rest.slice(0, end)
      this.#rest = this.#rest.slice(end + 2)
      yield eventOf(block)
    }
    if (this.#rest.length > EVENT_CHARS_MAX) throw new Error('an event without an end')
  }

  #rest = ''
}

function eventOf(block: string): ServerEvent {
  let event = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice(7)
    else if (line.startsWith('data: ')) data.push(line.slice(6))
  }
  return { event, data: data.join('\n') }
}
