/**
 * Keeps a Redis equal to what this node blocks, for gateways that ask a Redis already: an address
 * or network a key, with the end at which it goes by itself. It is enforcement within this lab,
 * like the lists and CrowdSec's stream: it holds what acts, and neither who said so nor why.
 *
 * A key of its own beside them, written anew with every look, tells that this is still the Redis it
 * was and that nobody else fills it: where it is not as it was left (flushed, another one, one that
 * lost writes), everything is written again, and only then what should not be there is taken away,
 * so that there is no moment in which something blocked is missing. Keys that others took are back
 * after a while. Nothing outside the prefix is touched, and nothing is ever flushed.
 *
 * Lookups know nothing of it.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { MINUTE_MS, SECOND_MS } from '../core/limits.js'
import type { MirrorProblem, MirrorStatus } from '../core/mirror-port.js'
import type { Clock, Log } from '../core/ports.js'
import type { Enforced } from '../lookup/enforced.js'
import type { Command, Redis } from './redis.js'

export interface MirrorOptions {
  readonly prefix: string
  /** Of this node: another's marker is not ours to overwrite. */
  readonly owner: string
}

export interface MirrorParts {
  /** Ends, too, where the signal does. */
  readonly connect: (signal: AbortSignal) => Promise<Redis>
  /** What acts, as of now. */
  readonly view: () => Promise<Enforced>
  /** Of this start; told apart from every other one. */
  readonly run: string
  readonly clock: Clock
  readonly log: Log
}

/** Between two looks; one without changes is two commands. */
const LOOK_MS = SECOND_MS
/** Until what others took from under the prefix is back. */
const RESYNC_MS = 10 * MINUTE_MS
/** A node that is gone leaves its place to another one after this. */
const MARKER_MS = MINUTE_MS
/** Commands that wait for their answers at once. */
const BATCH = 500
/** Cannot be the value of an indicator. */
const MARKER = '#mirror'
/** The same for all: who reads it is told nothing about anybody. */
const VALUE = 'block'

/** Another node fills these keys; each would take away what the other wrote. */
class Shared extends Error {}

export class Mirror {
  readonly #options: MirrorOptions
  readonly #parts: MirrorParts
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined
  #redis: Redis | undefined
  #looks = 0
  #equalMs: number | undefined
  #resyncs = 0
  #entries = 0
  #problem: MirrorProblem | undefined = 'unreachable'
  #toldProblem: MirrorProblem | undefined

  constructor(options: MirrorOptions, parts: MirrorParts) {
    this.#options = options
    this.#parts = parts
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** What it wrote stays, and ends on its time: a node that starts anew leaves no gap. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#redis?.close()
    await this.#running
  }

  status(): MirrorStatus {
    const problem = this.#problem
    return {
      equalMs: this.#equalMs,
      entries: this.#entries,
      resyncs: this.#resyncs,
      ...(problem === undefined ? {} : { problem }),
    }
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        this.#redis = await this.#parts.connect(this.#stop.signal)
        await this.#follow(this.#redis)
      } catch (error) {
        this.#failed(error)
      } finally {
        this.#redis?.close()
        this.#redis = undefined
      }
      await this.#pause()
    }
  }

  #failed(error: unknown): void {
    if (this.#stop.signal.aborted) return
    const { code, message } = error as { code?: string; message?: string }
    // What a Redis answers begins with a word in capitals; all else is about reaching it.
    const isAnswer = /^[A-Z]+ /.test(message ?? '')
    this.#problem = error instanceof Shared ? 'shared' : isAnswer ? 'refused' : 'unreachable'
    if (this.#toldProblem === this.#problem) return
    this.#toldProblem = this.#problem
    // Never the address: it may hold a password.
    const why = isAnswer ? /^[A-Z]+/.exec(message!)![0] : code
    this.#parts.log.error('mirror-down', { problem: this.#problem, why })
  }

  async #pause(): Promise<void> {
    const { signal } = this.#stop
    await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined)
  }

  async #follow(redis: Redis): Promise<void> {
    let number: number | undefined
    let wholeMs = -Infinity
    let marker: string | undefined
    while (!this.#stop.signal.aborted) {
      const began = this.#parts.clock()
      const view = await this.#parts.view()
      const wasOurs = await this.#isOurs(redis, marker)
      const marked = await this.#mark(redis, wasOurs)
      const isOurs = wasOurs && marked !== undefined
      marker = marked ?? (await this.#mark(redis, false))
      const changes =
        isOurs && number !== undefined && began < wholeMs + RESYNC_MS
          ? view.since(number, 'block', began)
          : undefined
      if (changes === undefined) {
        number = await this.#writeAll(redis, view)
        wholeMs = began
      } else if (number !== changes.number) {
        number = changes.number
        await this.#write(redis, changes.fresh)
        await this.#take(redis, changes.gone)
        this.#entries = view.count('block', began)
      }
      this.#equal(began)
      await this.#pause()
    }
  }

  #equal(began: number): void {
    this.#equalMs = began
    if (this.#problem !== undefined) {
      const { resyncs, entries } = this.status()
      this.#parts.log.info('mirror-up', { entries, resyncs })
    }
    this.#problem = this.#toldProblem = undefined
  }

  /** Whether the Redis is as it was left. Throws `Shared` where another node fills it. */
  async #isOurs(redis: Redis, marker: string | undefined): Promise<boolean> {
    const [found] = await redis.send([['GET', this.#options.prefix + MARKER]])
    if (found === null) return false
    const [owner, run] = String(found).split(' ')
    const isOther = owner !== this.#options.owner
    // Its marker ends a minute after it does. The same node after another start goes on at once.
    if (isOther) throw new Shared()
    return run === this.#parts.run && found === marker
  }

  /** Undefined where it was `there` and is gone: a flush since it was read must not be missed. */
  async #mark(redis: Redis, there: boolean): Promise<string | undefined> {
    const { owner, prefix } = this.#options
    const marker = `${owner} ${this.#parts.run} ${++this.#looks}`
    const set = ['SET', prefix + MARKER, marker, 'PX', String(MARKER_MS)]
    const [answer] = await redis.send([there ? [...set, 'XX'] : set])
    return answer === null ? undefined : marker
  }

  /** Everything that acts, and then nothing else; answers up to which change that is. */
  async #writeAll(redis: Redis, view: Enforced): Promise<number> {
    const { number } = view
    const all = [...view.all('block', this.#parts.clock())]
    await this.#write(redis, all)
    await this.#sweep(redis, new Set(all.map(({ value }) => value)))
    this.#entries = all.length
    this.#resyncs++
    return number
  }

  async #write(
    redis: Redis,
    entries: readonly { readonly value: string; readonly endsMs: number }[],
  ): Promise<void> {
    await this.#batches(redis, entries, ({ value, endsMs }) => {
      // A life and not an end: the two hosts' clocks may differ. One that arrives late is corrected
      // by the writing of everything that follows every break.
      const lifeMs = Math.max(1, Math.ceil(endsMs - this.#parts.clock()))
      return ['SET', this.#options.prefix + value, VALUE, 'PX', String(lifeMs)]
    })
  }

  async #take(redis: Redis, values: readonly string[]): Promise<void> {
    await this.#batches(redis, values, (value) => ['DEL', this.#options.prefix + value])
  }

  async #batches<Item>(
    redis: Redis,
    items: readonly Item[],
    commandOf: (item: Item) => Command,
  ): Promise<void> {
    for (let from = 0; from < items.length; from += BATCH) {
      await redis.send(items.slice(from, from + BATCH).map(commandOf))
    }
  }

  /** Takes away what stands under the prefix and does not act. */
  async #sweep(redis: Redis, acting: ReadonlySet<string>): Promise<void> {
    const { prefix } = this.#options
    let cursor = '0'
    do {
      const scan = ['SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', String(BATCH)]
      const [reply] = await redis.send([scan])
      const [next, keys] = reply as [unknown, unknown[]]
      const values = keys.map((key) => String(key).slice(prefix.length))
      await this.#take(
        redis,
        values.filter((value) => value !== MARKER && !acting.has(value)),
      )
      cursor = String(next)
    } while (cursor !== '0')
  }
}
