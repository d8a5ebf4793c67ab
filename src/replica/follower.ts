/**
 * Keeps a copy level with its node: snapshot, then changes, for ever. Whatever goes wrong ends in a
 * new connection from the last good place, or in a new snapshot where there is none; the copy that
 * is there answers meanwhile. It never takes what it cannot place.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { readPage } from '../core/feed.js'
import { peerNameOf } from '../core/identity.js'
import type { KeyRingParts } from '../core/key-ring.js'
import { MINUTE_MS, SECOND_MS } from '../core/limits.js'
import { markFault, openMark } from '../core/mark.js'
import type { Clock } from '../core/ports.js'
import type { Context } from '../lookup/context.js'
import type { HashKey } from '../lookup/half-siphash.js'
import { openSnapshot, type OpenedSnapshot } from '../lookup/snapshot.js'
import { Copy } from './copy.js'
import { Keeper } from './keeper.js'
import type { LastGood } from './last-good.js'
import { NodeAnswer, type NodeClient, type Downloaded } from './node-client.js'
import type { ServerEvent } from './sse.js'

export type ReplicaMode = 'streaming' | 'polling' | 'offline'

export interface FollowerOptions {
  readonly mode: ReplicaMode
  /** PeerId of the node; undefined believes the first one and then no other. */
  readonly node: string | undefined
  /** Why a node that went back is to be followed all the same. */
  readonly allowRollback: string | undefined
  readonly bytesMax: number
}

export interface FollowerParts {
  readonly client: NodeClient
  readonly store: LastGood | undefined
  readonly hashKey: HashKey
  readonly clock: Clock
  readonly random: () => number
  /** A copy that is there from now on, whole. */
  readonly adopt: (copy: Copy) => void
  readonly tell: (event: FollowerEvent) => void
  readonly decisionKey: (key: Uint8Array) => void
  /** What keyed values are read with, where the token is to have it. Never on disk. */
  readonly keyRing: (parts: KeyRingParts) => void
}

export type FollowerEvent =
  | { readonly type: 'change' | 'synchronized' | 'reset' }
  | { readonly type: 'error'; readonly code: string; readonly message: string }

/** Expected trouble, with its stable code. */
export class FollowerError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** Full jitter: between nothing and this, doubled after every failure. */
const BACKOFF_MS = SECOND_MS / 2
const BACKOFF_MS_MAX = 30 * SECOND_MS
/** A node that cannot stream is asked page by page, and now and then whether it can again. */
const STREAM_AGAIN_MS = 5 * MINUTE_MS

/** What a connection ended with: go on from here, or from a new snapshot. */
type Next = 'again' | 'snapshot'

export class Follower {
  readonly #options: FollowerOptions
  readonly #parts: FollowerParts
  readonly #keeper: Keeper
  readonly #stop = new AbortController()
  #copy: Copy | undefined
  #wantsSnapshot = false
  #failures = 0
  #retryAfterMs = 0
  /** What the connection led to: pages, after which it may go on, or all there is. */
  #progress: 'again' | 'level' | undefined
  #pollUntilMs = 0
  #isRunning: Promise<void> | undefined
  /** The credential is refused; it is tried again, because a token may be given anew. */
  fatal: string | undefined
  /** Until the copy is level again. */
  lastError: string | undefined
  snapshots = 0
  reconnects = 0

  constructor(options: FollowerOptions, parts: FollowerParts) {
    this.#options = options
    this.#parts = parts
    this.#keeper = new Keeper(parts)
  }

  /** From the file, if there is a good one, then the network, until `close`. */
  async start(bootstrap?: () => Promise<Uint8Array>): Promise<void> {
    const { store } = this.#parts
    const read = async (of: 'kept' | 'seen', from: () => Promise<Uint8Array | undefined>) => {
      try {
        const bytes = await from()
        if (bytes !== undefined && this.#copy === undefined) this.#open(bytes, of)
      } catch (error) {
        this.#failed(error)
      }
    }
    if (store !== undefined) await read('kept', () => store.read())
    if (bootstrap !== undefined) await read('seen', bootstrap)
    if (this.#options.mode !== 'offline') this.#isRunning = this.#run()
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#isRunning
    await this.flush().catch(() => undefined)
  }

  /** Resolves once what the copy now is lies on disk, if there is a store and the copy is level. */
  async flush(): Promise<void> {
    if (this.#copy !== undefined) await this.#keeper.keep(this.#copy)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        if (this.#copy === undefined || this.#wantsSnapshot) await this.#download(signal)
        this.#progress = undefined
        const next = await this.#follow(this.#copy!, signal)
        if (next === 'snapshot') this.#reset()
        // A connection that brought nothing is as good as none: not one after the other.
        if (this.#progress !== 'level' && next !== this.#progress) this.#failures++
        this.reconnects++
      } catch (error) {
        if (!signal.aborted) this.#failed(error)
      }
      if (!signal.aborted) await sleep(this.#waitMs(), undefined, { signal }).catch(() => undefined)
    }
  }

  #reset(): void {
    this.#wantsSnapshot = true
    this.#parts.tell({ type: 'reset' })
  }

  #waitMs(): number {
    if (this.#failures === 0) return 0
    const most = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** (this.#failures - 1))
    return Math.max(this.#retryAfterMs, most * this.#parts.random())
  }

  #failed(error: unknown): void {
    this.#failures++
    this.#retryAfterMs = 0
    const { code = 'unreachable', message } = error as Error & { code?: string }
    if (error instanceof NodeAnswer) {
      const { status, retryAfter } = error
      this.fatal = status === 401 || status === 403 ? code : undefined
      if (retryAfter !== undefined) this.#retryAfterMs = retryAfter * SECOND_MS
      if (status === 404 || status === 501) this.#pollUntilMs = performance.now() + STREAM_AGAIN_MS
      if (status === 410) this.#reset()
    }
    this.lastError = code
    this.#parts.tell({ type: 'error', code, message })
  }

  async #download(signal: AbortSignal): Promise<void> {
    const { bytes, decisionKey } = await this.#fetched(signal)
    // Before the first answer: its id must be one that the node can open.
    if (decisionKey !== undefined) this.#takeKey(decisionKey)
    const { mark } = this.#open(bytes, 'seen')
    this.snapshots++
    this.#wantsSnapshot = false
    await this.#keeper.put(peerNameOf(mark.author), mark, [bytes])
  }

  #takeKey(base64: string): void {
    this.#parts.decisionKey(new Uint8Array(Buffer.from(base64, 'base64')))
  }

  async #fetched(signal: AbortSignal): Promise<Downloaded> {
    const { client } = this.#parts
    const before = client.bytes
    try {
      return await client.snapshot(signal)
    } catch (error) {
      // A download that comes on, if piece by piece, need not wait longer and longer.
      if (client.bytes > before) this.#failures = 0
      throw error
    }
  }

  /** A copy of what the bytes hold, once they are what the right node signed and not an old one. */
  #open(bytes: Uint8Array, of: 'seen' | 'kept'): OpenedSnapshot {
    const { store, hashKey, adopt } = this.#parts
    const { node = store?.mark?.node, bytesMax, allowRollback } = this.#options
    if (bytes.length > bytesMax) throw new FollowerError('snapshot-too-large', `${bytes.length} B`)
    const opened = openSnapshot(bytes, hashKey)
    if (!opened.ok)
      throw new FollowerError(opened.code, opened.detail ?? 'no snapshot that is read')
    const { mark } = opened.value
    const peer = peerNameOf(mark.author)
    if (node !== undefined && node !== peer) {
      throw new FollowerError('node-unknown', `${peer} signed it, and ${node} is followed`)
    }
    if (store?.goesBack(mark, of) === true && allowRollback === undefined) {
      throw new FollowerError('rollback-refused', 'it is older than what was there already')
    }
    this.#copy = new Copy(opened.value)
    adopt(this.#copy)
    return opened.value
  }

  #follow(copy: Copy, signal: AbortSignal): Promise<Next> {
    const polls = this.#options.mode === 'polling' || performance.now() < this.#pollUntilMs
    return polls ? this.#poll(copy, signal) : this.#stream(copy, signal)
  }

  async #stream(copy: Copy, signal: AbortSignal): Promise<Next> {
    const events = this.#parts.client.stream(copy.cursor, copy.contextHash, signal)
    for await (const event of events) {
      const next = this.#handle(copy, event)
      if (next !== undefined) return next
      await this.#keeper.look(copy)
    }
    return 'again'
  }

  async #poll(copy: Copy, signal: AbortSignal): Promise<Next> {
    const json = await this.#parts.client.poll(copy.cursor, copy.contextHash, signal)
    const { context, decisionKey, keyRing, mark } = json as Record<string, unknown>
    const told = { hello: { decisionKey }, keys: keyRing, context, change: json, mark }
    const events = Object.entries(told)
      .filter(([, value]) => value !== undefined)
      .map(([event, value]): ServerEvent => ({ event, data: JSON.stringify(value) }))
    for (const event of events) {
      const next = this.#handle(copy, event)
      if (next !== undefined) return next
    }
    await this.#keeper.look(copy)
    return 'again'
  }

  /** What one event leads to; undefined goes on reading. */
  #handle(copy: Copy, { event, data }: ServerEvent): Next | undefined {
    const json = JSON.parse(data) as unknown
    switch (event) {
      case 'hello':
        this.#takeKey((json as { readonly decisionKey: string }).decisionKey)
        return undefined
      case 'keys':
        this.#parts.keyRing(json as KeyRingParts)
        return undefined
      case 'context':
        copy.takeContext(json as Context)
        this.#parts.tell({ type: 'change' })
        return undefined
      case 'change':
        return this.#change(copy, json)
      case 'mark':
        return this.#confirm(copy, json)
      default:
        return 'snapshot' // `reset`, or what only a later version knows
    }
  }

  #change(copy: Copy, json: unknown): Next | undefined {
    const page = readPage(json)
    const taken = page === undefined ? 'malformed' : copy.take(page)
    if (taken === 'malformed') return 'snapshot'
    if (taken === 'gap') return 'again'
    if (taken === 'taken') this.#progress ??= 'again'
    if (taken === 'taken' && page!.rows.length > 0) this.#parts.tell({ type: 'change' })
    return undefined
  }

  #confirm(copy: Copy, sealed: unknown): Next | undefined {
    switch (copy.confirm(sealed)) {
      case 'unsigned':
        throw new FollowerError(markFault(sealed), 'no mark that the followed node signed')
      case 'different':
        return 'snapshot'
      case 'ahead':
        // A stream sends its pages before the mark of them; a poll may have more to fetch.
        return openMark(sealed)?.epoch === copy.cursor.epoch ? 'again' : 'snapshot'
      case 'other-policy':
        return 'again'
      case 'level':
        this.#failures = 0
        this.#progress = 'level'
        this.fatal = undefined
        this.lastError = undefined
        this.#parts.tell({ type: 'synchronized' })
        return undefined
      case 'behind':
        return undefined
    }
  }
}
