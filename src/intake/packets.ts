/**
 * Statements of one round of our own voice, packed into envelopes to be sealed, with who made them;
 * and what we will have said once they are. Pure: nothing is written here.
 */
import {
  registerOf,
  standing,
  take,
  type ClaimEntry,
  type Register,
  type Staircase,
} from '../core/claims.js'
import { statementBytes, type EnvelopeRef } from '../core/envelope.js'
import { keyOf, typeOf, type Indicator, type IndicatorKey } from '../core/indicator.js'
import type { EnvelopeId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { Failure, InputCode } from '../core/outcome.js'
import type { ItemResult, SayOptions } from '../core/ports.js'
import type { SpokenRun } from '../core/store-port.js'
import type { Statement } from '../core/statement.js'
import type { LiveState } from '../lookup/live-state.js'

const PROLONG_MIN = 0.1
const ROOM = 3 // the CBOR head of a list of 256
/** Whose word it is where a caller does not say: the operator's own program. */
export const OPERATOR = 'operator'

/** Who says something, and on what grounds it leaves. */
export interface Who extends Pick<SayOptions, 'by' | 'approver'> {
  readonly basis?: string
}

/** A result before it is known which envelope carries it. */
export type Planned = ItemResult & { readonly packet?: number }

/** What one envelope will hold. */
export interface Packet {
  readonly statements: Statement[]
  readonly runs: SpokenRun[]
}

type OwnRegister = Omit<Register, 'author'>

interface Said extends OwnRegister {
  staircase: Staircase
}

export class Packets {
  readonly #state: LiveState
  readonly #time: number
  readonly #list: Packet[] = []
  /** Our own standing after what this round has planned so far. */
  readonly #planned = new Map<IndicatorKey, Said[]>()
  #bytes = 0
  #statements = 0

  /** `time` is what the envelopes will bear. */
  constructor(state: LiveState, time: number) {
    this.#state = state
    this.#time = time
  }

  get list(): readonly Packet[] {
    return this.#list
  }

  get statements(): number {
    return this.#statements
  }

  /** What we have said, and will have said, in a register. */
  mine({ key, kind, about }: OwnRegister): Staircase {
    const planned = this.#planned.get(key)?.find(isIn({ kind, about }))
    const author = this.#state.own
    return planned?.staircase ?? this.#state.claims.of({ key, author, kind, about })
  }

  standing(register: OwnRegister, now: number): ClaimEntry | undefined {
    return standing(this.mine(register), now)
  }

  /** Whom our disputes of a key are about; null: everybody. */
  disputed(key: IndicatorKey): OwnRegister['about'][] {
    const said = this.#state.claims.on(key).filter(({ author }) => author === this.#state.own)
    const all = [...said, ...(this.#planned.get(key) ?? [])]
    return [...new Set(all.filter(({ kind }) => kind === 'dispute').map(({ about }) => about))]
  }

  /** Plans statements on one key that must share an envelope. */
  say(indicator: Indicator, statements: readonly Statement[], who: Who = {}): Planned {
    const { packet, number } = this.#packetFor(statements)
    for (const statement of statements) {
      const index = this.#statements++
      note(packet.runs, who, packet.statements.length)
      packet.statements.push(statement)
      this.#plan({ envelope: this.#pending(number), index, statement })
    }
    return { status: 'accepted', ...named(indicator), packet: number }
  }

  #packetFor(statements: readonly Statement[]): { packet: Packet; number: number } {
    const bytes = statements.reduce((sum, statement) => sum + statementBytes(statement), 0)
    let packet = this.#list.at(-1)
    const fits =
      packet !== undefined &&
      packet.statements.length + statements.length <= LIMITS.statementsMax &&
      this.#bytes + bytes + ROOM <= LIMITS.payloadBytesMax
    if (packet === undefined || !fits) {
      this.#list.push((packet = { statements: [], runs: [] }))
      this.#bytes = 0
    }
    this.#bytes += bytes
    return { packet, number: this.#list.length - 1 }
  }

  #plan(entry: ClaimEntry): void {
    const { key, kind, about } = registerOf(entry)
    const staircase = take(this.mine({ key, kind, about }), entry)
    const planned = this.#planned.get(key)
    const held = planned?.find(isIn({ kind, about }))
    if (held !== undefined) held.staircase = staircase
    else if (planned === undefined) this.#planned.set(key, [{ key, kind, about, staircase }])
    else planned.push({ key, kind, about, staircase })
  }

  /** Stands for an envelope of this round: newer than all we have said, ordered by `index`. */
  #pending(packet: number): EnvelopeRef {
    const id = `${PENDING}${packet}` as EnvelopeId
    return { id, author: this.#state.own, seq: Number.MAX_SAFE_INTEGER, time: this.#time }
  }
}

function isIn({ kind, about }: Omit<OwnRegister, 'key'>): (said: Said) => boolean {
  return (said) => said.kind === kind && said.about === about
}

/** One more statement, at `at`, by somebody. */
function note(runs: SpokenRun[], { by: token = OPERATOR, approver, basis }: Who, at: number): void {
  const last = runs.at(-1)
  if (last?.token === token && last.approver === approver && last.basis === basis) {
    runs[runs.length - 1] = { ...last, count: last.count + 1 }
    return
  }
  const named = { ...(approver && { approver }), ...(basis && { basis }) }
  runs.push({ token, from: at, count: 1, ...named })
}

const PENDING = 'packet:'

/** The result once the round's envelopes have ids. */
export function resultOf(plan: Planned, ids: readonly EnvelopeId[]): ItemResult {
  const { packet, ...result } = plan
  if (packet !== undefined) return { ...result, envelope: ids[packet]! }
  // A duplicate of something this same round says.
  const { envelope } = result
  if (envelope?.startsWith(PENDING) !== true) return result
  return { ...result, envelope: ids[Number(envelope.slice(PENDING.length))]! }
}

/** The result of what is not said: it has no envelope, but of something that stands. */
export function judgedOf({ packet: _none, envelope, ...result }: Planned): ItemResult {
  const stands = envelope !== undefined && !envelope.startsWith(PENDING)
  return stands ? { ...result, envelope } : result
}

export function named({ type, value }: Indicator): { type: string; value: string } {
  return { type: typeOf(type).name, value }
}

/** The register of what we ourselves report of a key. */
export function claimOn(indicator: Indicator): OwnRegister {
  return { key: keyOf(indicator), kind: 'claim', about: null }
}

/** Whether it ends so much later, of its whole life, that saying it again is worth an envelope. */
export function prolongs(until: number, heldUntil: number, now: number): boolean {
  const longer = until - heldUntil
  return longer < 0 || longer >= PROLONG_MIN * (until - now)
}

export function refused(failure: Failure<InputCode>, indicator?: Indicator): Planned {
  const { code, detail } = failure
  return {
    status: 'refused',
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(indicator === undefined ? {} : named(indicator)),
  }
}
