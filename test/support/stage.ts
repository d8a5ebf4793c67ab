/**
 * A state in memory made of what labs say, one statement after another: who is admitted, and every
 * register as intake would keep it. No signatures, no disk.
 */
import { registerOf, take } from '../../src/core/claims.js'
import { canonicalise } from '../../src/core/canonical-form.js'
import type { AuthorId } from '../../src/core/identity.js'
import type { Indicator } from '../../src/core/indicator.js'
import { putMember, type Role, type Trust } from '../../src/core/roster.js'
import type { OwnChange } from '../../src/core/own-rows.js'
import type { Statement } from '../../src/core/statement.js'
import { Draft } from '../../src/lookup/draft.js'
import { LiveState } from '../../src/lookup/live-state.js'
import { authorNamed, refOf, T0 } from './samples.js'

export function canonical(type: string, raw: string): Indicator {
  const made = canonicalise(type, raw)
  if (!made.ok) throw new Error(`${type} ${raw}: ${made.code}`)
  return made.value
}

export class Stage {
  readonly own = authorNamed('own').author
  readonly state: LiveState
  readonly #seqs: Map<AuthorId, number>

  constructor(state?: LiveState, seqs: ReadonlyMap<AuthorId, number> = new Map()) {
    this.state = state ?? new LiveState(this.own, 'Lab A')
    this.#seqs = new Map(seqs)
  }

  /** The same labs, who go on where they are, before another state. */
  on(state: LiveState): Stage {
    return new Stage(state, this.#seqs)
  }

  /** A member with the keys of these names; its own name where none is given. */
  admit(name: string, trust: Trust = 'corroborate', role: Role = 'member', keys = [name]): this {
    const held = keys.map((key) => ({ author: authorNamed(key).author, addresses: [] }))
    return this.set(putMember({ name, role, trust, keys: held, addedMs: T0 }))
  }

  set(change: OwnChange): this {
    const number = this.state.number + 1
    this.#apply({ own: [{ number, atMs: T0, change }] })
    return this
  }

  /** `own`, or the name of a key. */
  say(by: string, statement: Statement, time = T0): this {
    const author = authorNamed(by).author
    const seq = (this.#seqs.get(author) ?? 0) + 1
    this.#seqs.set(author, seq)
    const entry = { envelope: refOf(author, seq, time), index: 0, statement }
    const register = registerOf(entry)
    const staircase = take(this.state.claims.of(register), entry)
    this.#apply({ claims: [{ ...register, staircase }] })
    return this
  }

  #apply(changes: Partial<ReturnType<Draft['changes']>>): void {
    this.state.apply({ ...new Draft(this.state).changes(), ...changes })
  }
}
