/**
 * The questions of one session and what becomes of the answers. One question is open at a time, and
 * the next one goes out before its answer's frame is judged: while we decode and write, the other
 * side reads and sends, and what is on its way is one frame.
 */
import type { Head } from '../core/heads.js'
import type { AuthorId } from '../core/identity.js'
import type { Bisection } from './bisection.js'
import type { DamagedPlaces } from './mending.js'
import { ChannelError, type Channel } from './catch-up-channel.js'
import { consequence, type Consequence, type Ending } from './catch-up-ending.js'
import type { CatchUpMessage } from './catch-up-protocol.js'
import type { Taking } from './catch-up-taking.js'
import type { Want, Wants } from './catch-up-wants.js'
import type { Fetcher, Fetching } from './fetching.js'

export interface AskingDependencies {
  readonly heads: () => ReadonlyMap<AuthorId, Head>
  readonly brought: (from: AuthorId) => void
  readonly fetching: Fetching
}

interface Parts {
  readonly channel: Channel
  readonly wants: Wants
  readonly taking: Taking
}

type Answer = Extract<CatchUpMessage, { kind: 'envelopes' | 'none' }>
type Envelopes = Extract<Answer, { kind: 'envelopes' }>

export class Asking implements Fetcher {
  readonly peer: AuthorId
  readonly #parts: Parts
  readonly #deps: AskingDependencies
  #open: Want | undefined
  /** The open question was asked ahead of what then could not be taken: its answer is in vain. */
  #inVain = false

  constructor(peer: AuthorId, parts: Parts, dependencies: AskingDependencies) {
    this.peer = peer
    this.#parts = parts
    this.#deps = dependencies
  }

  /** Whether a question is open: the next one is asked, if none is and there is one to ask. */
  async next(signal: AbortSignal): Promise<boolean> {
    const { fetching } = this.#deps
    if (this.#open !== undefined) return true
    const want = this.#parts.wants.next((author) => fetching.isTaken(author, this))
    if (want !== undefined) await this.#ask(want, signal)
    else fetching.release(this)
    return want !== undefined
  }

  /** The session is over. */
  end(): void {
    this.#deps.fetching.release(this)
  }

  async #ask(want: Want, signal: AbortSignal): Promise<void> {
    this.#open = want
    this.#deps.fetching.take(want, this)
    await this.#parts.channel.write({ kind: 'want', ...want }, signal)
  }

  /** Takes an answer. Throws where it is not to the question that is open. */
  async receive(answer: Answer, signal: AbortSignal): Promise<Ending | undefined> {
    const want = this.#open
    if (want?.author !== answer.author || want.from !== answer.from) {
      throw new ChannelError('an answer nobody asked for')
    }
    const inVain = this.#inVain
    this.#open = undefined
    this.#inVain = false
    if (inVain) return undefined
    const stop = await this.#take(want, answer, signal)
    signal.throwIfAborted()
    if (stop === undefined || typeof stop === 'object') return stop
    this.#inVain = this.#open !== undefined
    if (stop === 'mismatch') this.#parts.wants.mismatch(want.author)
    else this.#parts.wants.drop(want.author)
    return undefined
  }

  async #take(want: Want, answer: Answer, signal: AbortSignal): Promise<Consequence | undefined> {
    const { taking, wants } = this.#parts
    // They do not send this range: what came before it is good.
    if (answer.kind === 'none') return (await taking.settle()) ?? 'author'
    const search = wants.searchOf(want.author)
    if (search !== undefined) return this.#takeProbe(search, answer.wires)
    await this.#askAhead(want, answer, signal)
    return this.#takeRange(want, answer)
  }

  async #askAhead(
    { author, to }: Want,
    { from, wires }: Envelopes,
    signal: AbortSignal,
  ): Promise<void> {
    if (wires.length === 0) return
    this.#deps.brought(this.peer)
    const next = from + wires.length
    if (next > to || this.#deps.fetching.isTaken(author, this)) return
    await this.#ask({ author, from: next, to }, signal)
  }

  /** Waits for the disk where nothing more is on its way, or nothing here was new. */
  async #takeRange({ author, from }: Want, { wires }: Envelopes): Promise<Consequence | undefined> {
    const { taking } = this.#parts
    const before = taking.judgedGood
    const judged = await taking.judge(wires)
    const isNew = taking.judgedGood > before
    if (judged === undefined && isNew && this.#open !== undefined) return undefined
    const settled = await taking.settle()
    // No step forward: asking again would be answered the same.
    const seq = this.#deps.heads().get(author)?.seq ?? 0
    return judged ?? settled ?? (seq < from ? 'author' : undefined)
  }

  /** One envelope that tells whether the histories agree there; if not, it has become a proof. */
  async #takeProbe(
    search: Bisection | DamagedPlaces,
    wires: readonly Uint8Array[],
  ): Promise<Consequence | undefined> {
    const [wire] = wires
    const outcome = wire === undefined ? undefined : await this.#parts.taking.one(wire)
    if (outcome?.status === 'duplicate') search.answer(false)
    else if (outcome?.status === 'ignored' && outcome.code === 'forked') search.answer(true)
    else {
      const stop = outcome === undefined ? undefined : consequence(outcome)
      return typeof stop === 'object' ? stop : 'author'
    }
    return undefined
  }
}
