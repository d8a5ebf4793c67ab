/**
 * The door as the mesh comes to it: everything waits its turn (`fair-queue`), signatures are
 * checked on other threads (Node's pool) unless one comes alone, and look-ups have their turn in
 * between. Reading stays on this thread: to be handed 256 statements by another was measured to
 * take as long as to read them (0.25 ms), and they are needed here.
 */
import { verify } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { authorAt, sealCheck, type Envelope } from '../core/envelope.js'
import { LIMITS } from '../core/limits.js'
import type { Judgement, Received } from '../core/ports.js'
import { FairQueue } from './fair-queue.js'
import { settled, type Intake } from './intake.js'

/**
 * Of the pool's four threads one is left to the disk, and of the cores one to this thread: a check
 * that wakes another thread on the same core takes this one's time (`npm run bench flood`).
 */
const AT_ONCE = Math.min(3, Math.max(1, availableParallelism() - 1))
/**
 * What comes alone, after so long without any, is checked on this thread: it takes 0.1 ms, while
 * the way to another and back takes over a millisecond where all cores are busy (`npm run bench
 * propagate`).
 */
const ALONE_MS = 5
/** Begun (0.02 to 0.3 ms each) before look-ups get a turn. */
const BREATH = 4
/**
 * Where more than so many wait, and look-ups are asked, these get so long a turn: a thread that
 * never rests is a core's last choice when it wakes (half of the longest waits in a flood were for
 * a core, `npm run bench flood`), and a crowd is in no hurry.
 */
const CROWD = 8
const CROWD_REST_MS = 8

interface Waiting {
  readonly via: Received['via']
  readonly bytes: Uint8Array
  readonly settle: (judgement: Judgement) => void
  readonly fail: (bug: unknown) => void
}

/** What has been begun, in that order, which is the order of every author's log. */
interface Begun extends Waiting {
  readonly envelope: Envelope
  /** Undefined while the other thread is at it. */
  isSealed: boolean | undefined
}

export class Examiner {
  readonly #intake: Pick<Intake, 'open' | 'take'>
  readonly #isAsked: () => boolean
  readonly #queue = new FairQueue<Waiting>(LIMITS.examinedBytesMax)
  readonly #begun: Begun[] = []
  /** Left before others get theirs. */
  #turns = BREATH
  #isResting = false
  #lastMs = -Infinity

  /** `isAsked`: whether look-ups are coming. */
  constructor(intake: Pick<Intake, 'open' | 'take'>, isAsked: () => boolean) {
    this.#intake = intake
    this.#isAsked = isAsked
  }

  /** As `Intake.accept`, in turn. Rejects only for a bug. */
  readonly accept = (bytes: Uint8Array, { via, from }: Received): Promise<Judgement> => {
    return new Promise((settle, fail) => {
      const waiting = { via, bytes, settle, fail }
      const lane = `${via} ${from}`
      if (this.#queue.push(lane, authorAt(bytes) ?? '', waiting, bytes.length)) this.#go()
      else settle(settled({ status: 'ignored', code: 'overload' }))
    })
  }

  #go(): void {
    while (this.#queue.size > 0 && this.#begun.length < AT_ONCE && !this.#isResting) {
      const next = this.#queue.shift()!
      this.#answer(next, () => this.#begin(next))
      if (--this.#turns === 0) this.#rest()
    }
  }

  #rest(): void {
    this.#isResting = true
    const go = () => {
      this.#turns = BREATH
      this.#isResting = false
      this.#go()
    }
    if (this.#queue.size > CROWD && this.#isAsked()) setTimeout(go, CROWD_REST_MS)
    else setImmediate(go)
  }

  /** The judgement where no signature is needed for it. */
  #begin(waiting: Waiting): Judgement | undefined {
    const envelope = this.#intake.open(waiting.bytes)
    if ('judged' in envelope) return envelope
    const check = sealCheck(envelope)
    if (!check.ok) return settled({ status: 'refused', code: check.code })
    const { message, key, signature } = check.value
    if (this.#isAlone())
      return this.#judge(envelope, waiting, verify(null, message, key, signature))
    const begun: Begun = { ...waiting, envelope, isSealed: undefined }
    this.#begun.push(begun)
    verify(null, message, key, signature, (error, isSealed) => {
      begun.isSealed = error === null && isSealed
      this.#end()
    })
    return undefined
  }

  #isAlone(): boolean {
    const now = performance.now()
    const isAlone = this.#begun.length === 0 && now - this.#lastMs > ALONE_MS
    this.#lastMs = now
    return isAlone
  }

  #end(): void {
    while (this.#begun[0]?.isSealed !== undefined) {
      const begun = this.#begun.shift()!
      const { envelope, isSealed } = begun
      this.#answer(begun, () => this.#judge(envelope, begun, isSealed!))
    }
    this.#go()
  }

  #judge(envelope: Envelope, { via, bytes }: Waiting, isSealed: boolean): Judgement {
    if (isSealed) return this.#intake.take(envelope, via, bytes)
    return settled({ status: 'refused', code: 'signature-wrong' })
  }

  #answer({ settle, fail }: Waiting, judge: () => Judgement | undefined): void {
    try {
      const judgement = judge()
      if (judgement !== undefined) settle(judgement)
    } catch (bug) {
      fail(bug)
    }
  }
}
