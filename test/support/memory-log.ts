/**
 * A node's logs in memory, as honest as the mesh tests need: opens and verifies real envelopes,
 * asks the roster, checks number and chain. It has no claims, no disk and no quota; the real door
 * is intake's.
 */
import { open, seal, toBytes, verifySeal, type Envelope } from '../../src/core/envelope.js'
import type { Head } from '../../src/core/heads.js'
import { authorOf, type AuthorId } from '../../src/core/identity.js'
import { DAY_MS } from '../../src/core/limits.js'
import type { Outcome } from '../../src/core/outcome.js'
import type { Judgement, Origin } from '../../src/core/ports.js'
import { StoreError, type LogRow } from '../../src/core/store-port.js'
import { Roster } from '../../src/core/roster.js'
import { publicKeyOf } from '../../src/core/signature.js'
import type { Report, Statement } from '../../src/core/statement.js'

export const TIME = Date.UTC(2026, 10, 23)

export function report(value: string, until = TIME + DAY_MS): Report {
  return {
    kind: 'report',
    until,
    type: 1,
    value,
    confidence: 90,
    action: 2,
    tlp: 4,
    pap: 4,
    category: 1,
    firstHand: true,
    evidence: 1,
    campaign: null,
    labels: [],
  }
}

/** Seals one log after another place; keeps where it is. */
export class Pen {
  readonly author: AuthorId
  #last: Envelope | undefined

  constructor(
    readonly seed: Uint8Array,
    readonly networkId: string,
  ) {
    this.author = authorOf(publicKeyOf(seed))
  }

  write(statements: readonly Statement[] = [report('192.0.2.1')], time = TIME): Envelope {
    const place = {
      networkId: this.networkId,
      seq: (this.#last?.seq ?? 0) + 1,
      prev: this.#last?.id ?? null,
      time,
    }
    this.#last = seal(place, statements, this.seed, this.author)
    return this.#last
  }
}

export class MemoryLog {
  roster = Roster.EMPTY
  /** In order of arrival. */
  readonly arrivals: { readonly envelope: Envelope; readonly origin: Origin }[] = []
  readonly outcomes: { readonly outcome: Outcome; readonly origin: Origin }[] = []
  readonly heads = new Map<AuthorId, Head>()
  /** Envelopes still to be answered with "overload", as by a full queue. */
  overloads = 0
  /** What commits wait for; the judgement does not. */
  disk: Promise<unknown> = Promise.resolve()
  /** Makes reads fail, as a broken disk does. */
  broken = false
  readonly #logs = new Map<AuthorId, Envelope[]>()
  readonly #ids = new Set<string>()

  constructor(
    readonly own: AuthorId,
    readonly networkId: string,
  ) {}

  readonly accept = (bytes: Uint8Array, origin: Origin): Judgement => {
    const judged = this.#judge(bytes, origin)
    this.outcomes.push({ outcome: judged, origin })
    return { judged, committed: this.disk.then(() => judged) }
  }

  readonly readLog = (
    author: AuthorId,
    from: number,
    to: number,
    bytesMax: number,
  ): Promise<LogRow[]> => {
    if (this.broken) return Promise.reject(new StoreError('disk-failed', 'broken for the test'))
    const rows: LogRow[] = []
    let bytes = 0
    for (const envelope of this.#logs.get(author)?.slice(from - 1, to) ?? []) {
      const { header, signature, payload } = envelope
      bytes += toBytes(envelope).length
      if (rows.length > 0 && bytes > bytesMax) break
      rows.push({ number: rows.length, arrivedMs: TIME, header, signature, payload })
    }
    return Promise.resolve(rows)
  }

  seq(author: AuthorId): number {
    return this.heads.get(author)?.seq ?? 0
  }

  /** As after the loss of the disk; the roster stays. */
  forget(): void {
    this.#logs.clear()
    this.#ids.clear()
    this.heads.clear()
  }

  #judge(bytes: Uint8Array, origin: Origin): Outcome {
    const opened = open(bytes)
    if (!opened.ok) {
      return opened.code === 'version-unknown'
        ? { status: 'ignored', code: opened.code }
        : { status: 'refused', code: opened.code }
    }
    const envelope = opened.value
    const { author, id, seq, prev, networkId } = envelope
    const member = this.roster.memberOf(author)
    if (networkId !== this.networkId) return { status: 'ignored', code: 'network-unknown' }
    if (author !== this.own && member === undefined) {
      return { status: 'ignored', code: 'author-unknown' }
    }
    if (member?.role === 'observer') return { status: 'ignored', code: 'author-observer' }
    const sealed = verifySeal(envelope)
    if (!sealed.ok) return { status: 'refused', code: sealed.code }
    if (this.overloads > 0) {
      this.overloads--
      return { status: 'ignored', code: 'overload' }
    }
    if (this.#ids.has(id)) return { status: 'duplicate', id }
    const head = this.heads.get(author)
    if (seq > (head?.seq ?? 0) + 1) return { status: 'ignored', code: 'gap' }
    if (seq !== (head?.seq ?? 0) + 1) return { status: 'ignored', code: 'forked' }
    if (prev !== (head?.id ?? null)) return { status: 'ignored', code: 'chain-mismatch' }
    this.#append(envelope, origin)
    return { status: 'accepted', id }
  }

  #append(envelope: Envelope, origin: Origin): void {
    const { author, id, seq, time } = envelope
    const log = this.#logs.get(author) ?? []
    log.push(envelope)
    this.#logs.set(author, log)
    this.#ids.add(id)
    this.heads.set(author, { author, id, seq, time })
    this.arrivals.push({ envelope, origin })
  }
}
