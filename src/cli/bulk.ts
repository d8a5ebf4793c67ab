/**
 * Says a file's entries chunk by chunk, a few chunks at a time. Each chunk has an idempotency
 * key made of its own bytes and the options, so running the same command again says nothing
 * twice and continues where it stopped. What was not accepted is told by line.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { LIMITS, SECOND_MS } from '../core/limits.js'
import { expectFine, type Answer, type Ask } from './client.js'
import { Failure } from './failure.js'
import type { Entry } from './report-file.js'

/** As many as a request may hold: four envelopes, and one round of the node. */
export const CHUNK_ITEMS = LIMITS.requestItemsMax
/** Half of what a body may have, so that no chunk of long lines is refused whole. */
const CHUNK_BYTES = LIMITS.bodyBytesMax / 2
/** Enough that the node always has the next chunk while the disk takes one. */
const IN_FLIGHT = 4
const OVERLOAD_TRIES = 20
const OVERLOAD_MS = SECOND_MS / 4

export interface LineResult {
  readonly line: number
  readonly status: 'duplicate' | 'guarded' | 'refused'
  readonly code?: string
  readonly detail?: string
  readonly type?: string
  readonly value?: string
}

export interface Counts {
  readonly accepted: number
  readonly duplicate: number
  readonly guarded: number
  readonly refused: number
}

export interface BulkDependencies {
  ask(ask: Ask): Promise<Answer>
  /** Each line that was not accepted, as its chunk is answered. */
  onLine(result: LineResult): void
  onProgress(lines: number): void
}

export interface Chunk {
  readonly entries: readonly Entry[]
  /** Of its lines and the options: the same lines under the same options have the same key. */
  readonly key: string
}

/**
 * Entries by chunks. `salt` stands for everything else that decides what the lines mean (options, a
 * CSV's header), or is random where the lines are to be reported anew.
 */
export async function* chunksOf(
  entries: AsyncIterable<Entry>,
  salt: string,
): AsyncGenerator<Chunk> {
  let gathered: Entry[] = []
  let bytes = 0
  const close = (): Chunk => {
    const hash = createHash('sha256').update(`${salt}\0`)
    for (const { raw, json } of gathered) hash.update(`${raw}\n${json ?? ''}\n`)
    const chunk = { entries: gathered, key: hash.digest('hex') }
    gathered = []
    bytes = 0
    return chunk
  }
  for await (const entry of entries) {
    const size = Buffer.byteLength(entry.json ?? '')
    if (gathered.length > 0 && bytes + size > CHUNK_BYTES) yield close()
    gathered.push(entry)
    bytes += size
    if (gathered.length >= CHUNK_ITEMS) yield close()
  }
  if (gathered.length > 0) yield close()
}

export class Bulk {
  readonly #path: string
  readonly #dependencies: BulkDependencies
  /** Codes of what is as it is wanted without a word. */
  readonly #already: ReadonlySet<string>
  readonly #counts = { accepted: 0, duplicate: 0, guarded: 0, refused: 0 }
  #lines = 0
  #failure: unknown

  /** `path`: the route that takes such items. */
  constructor(path: string, dependencies: BulkDependencies, already: readonly string[] = []) {
    this.#path = path
    this.#dependencies = dependencies
    this.#already = new Set(already)
  }

  get counts(): Counts {
    return this.#counts
  }

  /** Says all chunks. Throws where the node fails; what was answered before is counted. */
  async run(chunks: AsyncIterable<Chunk>): Promise<void> {
    const flying = new Set<Promise<void>>()
    try {
      for await (const chunk of chunks) {
        const flight = this.#send(chunk)
          .catch((error: unknown) => (this.#failure ??= error))
          .then(() => void flying.delete(flight))
        flying.add(flight)
        if (flying.size >= IN_FLIGHT) await Promise.race(flying)
        if (this.#failure !== undefined) break
      }
    } finally {
      await Promise.all(flying)
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  async #send({ entries, key }: Chunk): Promise<void> {
    const sent = entries.filter((entry) => entry.json !== undefined)
    const answered = sent.length === 0 ? [] : await this.#ask(sent, key)
    for (const { line, code, detail } of entries) {
      if (code === undefined) continue
      this.#count({ line, status: 'refused', code, ...(detail === undefined ? {} : { detail }) })
    }
    for (const { index, status, ...rest } of answered) {
      const { line } = sent[index]!
      if (status === 'accepted') this.#counts.accepted++
      else this.#count({ line, status: this.#statusOf(status, rest.code), ...rest })
    }
    this.#lines += entries.length
    this.#dependencies.onProgress(this.#lines)
  }

  #statusOf(status: LineResult['status'], code: string | undefined): LineResult['status'] {
    if (code === 'guarded') return 'guarded'
    return code !== undefined && this.#already.has(code) ? 'duplicate' : status
  }

  #count(result: LineResult): void {
    this.#counts[result.status]++
    this.#dependencies.onLine(result)
  }

  async #ask(entries: readonly Entry[], key: string): Promise<readonly Listed[]> {
    const json = `[${entries.map((entry) => entry.json).join(',')}]`
    const ask: Ask = {
      method: 'POST',
      path: this.#path,
      json,
      headers: { 'idempotency-key': key },
    }
    for (let tried = 1; ; tried++) {
      const answer = await this.#dependencies.ask(ask)
      const isBusy = answer.status === 429 && tried < OVERLOAD_TRIES
      if (!isBusy) return resultsOf(expectFine(answer), entries.length)
      await sleep(OVERLOAD_MS * tried)
    }
  }
}

interface Listed {
  readonly index: number
  readonly status: 'accepted' | 'duplicate' | 'refused'
  readonly code?: string
  readonly detail?: string
  readonly type?: string
  readonly value?: string
}

function resultsOf(answer: Answer, expected: number): readonly Listed[] {
  const results = answer.body['results'] as readonly Listed[] | undefined
  if (results?.length === expected) return results
  throw new Failure('answer-malformed', 'the node’s answer does not match the request')
}
