/**
 * The egress ledger: what left this node, envelope by envelope, and what was kept from leaving. A
 * file for counsel, checked by whoever has nothing but the file: our own log is hash-chained and
 * signed as it is, so are the rows of what was stopped, and the last line signs all before it.
 *
 *   line 1     {"format": "tocsin-ledger/1", "peerId", "networkId", "name", "from", "at"}
 *   sent       {"sent": seq, "id", "time", "bytes", "tlp", …, "header", "signature"}      base64
 *   stopped    {"stopped": n, "at", "until", "code", "type", "token", "count", "prev", "hash"}
 *   last line  {"end": true, "envelopes", "bytes", "stopped", "digest", "signature"}
 *
 * `bytes` are those of the envelope on the wire; the payload itself is not in it.
 */
import { createHash, type Hash } from 'node:crypto'
import { encode } from './canonical.js'
import { openHeader, verifySeal } from './envelope.js'
import { authorOfPeer, bytesOf, type EnvelopeId } from './identity.js'
import { sign, verify } from './signature.js'
import { hashOfStopped, type Stopped } from './stopped.js'

export const LEDGER_FORMAT = 'tocsin-ledger/1'
const DOMAIN = Buffer.from('tocsin/1/ledger\0', 'latin1')

export interface LedgerHead {
  readonly peerId: string
  readonly networkId: string
  readonly name: string
  /** Seq of the first envelope listed. */
  readonly from: number
  readonly at: string
}

export interface Sent {
  readonly seq: number
  readonly id: EnvelopeId
  readonly header: Uint8Array
  readonly signature: Uint8Array
  /** What else is known of it; JSON. */
  readonly about: Readonly<Record<string, unknown>>
}

export interface LedgerTotals {
  readonly envelopes: number
  readonly bytes: number
  /** Items, not rows. */
  readonly stopped: number
}

/** Bytes of an envelope on the wire with a payload of so many. */
export function wireBytes(header: Uint8Array, payloadBytes: number): number {
  const rest = encode([header, new Uint8Array(64), new Uint8Array(0)]).length - 1
  return rest + encode(new Uint8Array(payloadBytes)).length
}

/** Makes the lines, each without its end. */
export class LedgerWriter {
  readonly #hash: Hash = createHash('sha256')
  readonly #seed: Uint8Array
  #totals = { envelopes: 0, bytes: 0, stopped: 0 }

  constructor(seed: Uint8Array) {
    this.#seed = seed
  }

  head(head: LedgerHead): string {
    return this.#line({ format: LEDGER_FORMAT, ...head })
  }

  sent({ seq, id, header, signature, about }: Sent, bytes: number): string {
    this.#totals.envelopes++
    this.#totals.bytes += bytes
    const base64 = (part: Uint8Array) => Buffer.from(part).toString('base64')
    const signed = { header: base64(header), signature: base64(signature) }
    return this.#line({ sent: seq, id, bytes, ...about, ...signed })
  }

  stopped({ n, atMs, untilMs, hash, prev, ...what }: Stopped): string {
    this.#totals.stopped += what.count
    const [at, until] = [atMs, untilMs].map((ms) => new Date(ms).toISOString())
    return this.#line({ stopped: n, at, until, ...what, prev, hash })
  }

  end(): string {
    const digest = this.#hash.copy().digest()
    const signature = sign(Buffer.concat([DOMAIN, digest]), this.#seed)
    const proof = { digest: digest.toString('hex'), signature: hex(signature) }
    return JSON.stringify({ end: true, ...this.#totals, ...proof })
  }

  #line(value: object): string {
    const line = JSON.stringify(value)
    this.#hash.update(`${line}\n`)
    return line
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export type LedgerFault =
  | 'not-a-ledger'
  | 'line-malformed'
  | 'envelope-malformed'
  | 'envelope-unsigned'
  | 'envelope-missing'
  | 'envelope-changed'
  | 'stopped-missing'
  | 'stopped-changed'
  | 'line-changed'
  | 'cut-short'

export type LedgerVerdict =
  | ({ readonly ok: true; readonly head: LedgerHead } & LedgerTotals)
  | { readonly ok: false; readonly code: LedgerFault; readonly line: number }

type Json = Readonly<Record<string, unknown>>

/** Checks a ledger line by line; `verdict` at its end. */
export class LedgerCheck {
  readonly #hash: Hash = createHash('sha256')
  #head: LedgerHead | undefined
  #lines = 0
  #fault: { code: LedgerFault; line: number } | undefined
  #sent: { seq: number; id: EnvelopeId } | undefined
  #stop: { n: number; hash: string } | undefined
  #ended = false
  readonly #totals = { envelopes: 0, bytes: 0, stopped: 0 }

  /** A line without its end. */
  add(text: string): void {
    this.#lines++
    if (this.#fault !== undefined) return
    const code = this.#judge(text)
    if (code !== undefined) this.#fault = { code, line: this.#lines }
  }

  get verdict(): LedgerVerdict {
    if (this.#fault !== undefined) return { ok: false, ...this.#fault }
    if (this.#head === undefined) return { ok: false, code: 'not-a-ledger', line: 1 }
    if (!this.#ended) return { ok: false, code: 'cut-short', line: this.#lines }
    return { ok: true, head: this.#head, ...this.#totals }
  }

  #judge(text: string): LedgerFault | undefined {
    const row = parsed(text)
    if (this.#ended || row === undefined) return 'line-malformed'
    if (row['end'] === true) return this.#end(row)
    this.#hash.update(`${text}\n`)
    if (this.#head === undefined) return this.#begin(row)
    if ('sent' in row) return this.#envelope(row)
    return 'stopped' in row ? this.#row(row) : 'line-malformed'
  }

  #begin(row: Json): LedgerFault | undefined {
    if (row['format'] !== LEDGER_FORMAT) return 'not-a-ledger'
    const { peerId, networkId, name, from, at } = row as unknown as LedgerHead
    this.#head = { peerId, networkId, name, from, at }
    return authorOfPeer(this.#head.peerId) === undefined ? 'not-a-ledger' : undefined
  }

  #envelope(row: Json): LedgerFault | undefined {
    const [header, signature] = [bytesIn(row['header']), bytesIn(row['signature'])]
    const opened = openHeader(header)
    if (!opened.ok) return 'envelope-malformed'
    const { seq, id, prev, author, networkId, payloadBytes } = opened.value
    const envelope = { ...opened.value, header, signature, payload: null, statements: [] }
    const isOurs = author === authorOfPeer(this.#head!.peerId)
    if (!isOurs || networkId !== this.#head!.networkId) return 'envelope-unsigned'
    if (signature.length !== 64 || !verifySeal(envelope).ok) return 'envelope-unsigned'
    const before = this.#sent
    const isNext = before === undefined ? seq === this.#head!.from : seq === before.seq + 1
    if (!isNext || (before !== undefined && prev !== before.id)) return 'envelope-missing'
    const bytes = wireBytes(header, payloadBytes)
    if (row['sent'] !== seq || row['id'] !== id || row['bytes'] !== bytes) return 'envelope-changed'
    this.#sent = { seq, id }
    this.#totals.envelopes++
    this.#totals.bytes += bytes
    return undefined
  }

  #row(row: Json): LedgerFault | undefined {
    const { stopped: n, at, until, hash, ...rest } = row
    const [atMs, untilMs] = [at, until].map((time) => Date.parse(String(time)))
    const made = { ...rest, n, atMs, untilMs } as unknown as Omit<Stopped, 'hash'>
    const before = this.#stop
    if (before !== undefined && (n !== before.n + 1 || row['prev'] !== before.hash)) {
      return 'stopped-missing'
    }
    if (!isStopped(made) || hashOfStopped(made) !== hash) return 'stopped-changed'
    this.#stop = { n: made.n, hash: hashOfStopped(made) }
    this.#totals.stopped += made.count
    return undefined
  }

  #end({ envelopes, bytes, stopped, digest, signature }: Json): LedgerFault | undefined {
    this.#ended = true
    if (this.#head === undefined) return 'not-a-ledger'
    const own = this.#hash.digest()
    const author = bytesOf(authorOfPeer(this.#head.peerId)!)
    const signed = Buffer.from(String(signature), 'hex')
    const isSigned = signed.length === 64 && verify(signed, Buffer.concat([DOMAIN, own]), author)
    if (digest !== own.toString('hex') || !isSigned) return 'line-changed'
    const totals = { envelopes, bytes, stopped }
    return JSON.stringify(totals) === JSON.stringify(this.#totals) ? undefined : 'line-changed'
  }
}

const ASCII = /^[\x20-\x7e]*$/

function isStopped(row: Omit<Stopped, 'hash'>): boolean {
  const { n, atMs, untilMs, count, code, type, token, prev } = row
  const texts = [code, type].every((text) => typeof text === 'string' && ASCII.test(text))
  const isNamed = typeof token === 'string' && /^[0-9a-f]{64}$/.test(String(prev))
  return texts && isNamed && [n, atMs, untilMs, count].every(isWhole)
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function bytesIn(value: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(typeof value === 'string' ? value : '', 'base64'))
}

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}
