/**
 * This node's own lists, which no envelope changes: rows by name, in tables. One mechanism for all
 * of them: a change is a row put or taken away, numbered with the envelopes, kept as history, and
 * seen by every reader at once.
 */
import type { Indicator } from './indicator.js'
import { LIMITS } from './limits.js'
import type { Member } from './roster.js'

export type TokenRole = 'gateway' | 'detector' | 'operator'

/** What a token may see at most in what leaves for other tools; the strict levels nobody may. */
export const TOKEN_TLPS = ['amber', 'green', 'clear'] as const
export type TokenTlp = (typeof TOKEN_TLPS)[number]

export interface StoredToken {
  readonly name: string
  readonly role: TokenRole
  /** SHA-256 of the token, hex. The token itself is shown once and kept nowhere. */
  readonly hash: string
  readonly createdMs: number
  /** Whoever follows with it is given the epoch keys, to look up keyed types by itself. */
  readonly keyed?: true
  /** Absent: amber, which is all that leaves. */
  readonly tlp?: TokenTlp
}

/** Local free text that says why: some, and not more than belongs in a row. */
export function isReason(text: string): boolean {
  return text.trim() !== '' && text.length <= LIMITS.reasonCharsMax
}

/** A value that this operator never acts on, by its key. */
export interface AllowEntry extends Indicator {
  /** Local free text: why. */
  readonly reason: string
  /** Undefined: until it is taken away. */
  readonly untilMs?: number
  /** Allows the whole request that carries the attribute, not only the attribute. */
  readonly request: boolean
  readonly addedMs: number
  /** Name of the token it was added with. */
  readonly by: string
}

/**
 * A list of values that many share. `never`: taken out of the evidence, as if allowed. `cloud`:
 * address space that anybody rents; guards publishing and caps at the policy's action.
 */
export interface WarningList {
  readonly name: string
  readonly effect: 'never' | 'cloud'
  /** Canonical networks and addresses. */
  readonly networks: readonly string[]
  /** Canonical domain names; sub-domains are meant, too. */
  readonly domains: readonly string[]
  /** Whether `domains` guard e-mail domains as well. */
  readonly emailDomains: boolean
  readonly addedMs: number
  readonly by: string
}

/** A guarded value that was published all the same, and why; the last time, where more than one. */
export interface Forced extends Indicator {
  /** What guarded it. */
  readonly guard: string
  readonly reason: string
  readonly atMs: number
  /** Name of the token that asked for it. */
  readonly by: string
}

/** A key that would meet too many of this node's own look-ups, as it was when it was new. */
export interface Hold extends Indicator {
  /** Sampled look-ups that it would have met, of so many of its kind. */
  readonly hits: number
  readonly of: number
  readonly atMs: number
}

/** A member that was removed whole: what it has learnt it still knows. */
export interface Former {
  readonly name: string
  readonly removedMs: number
}

export const PAUSES = ['enforce', 'publish'] as const
/** enforce: every verdict at most observes. publish: nothing new is said. */
export type PauseKind = (typeof PAUSES)[number]

export interface Pause {
  readonly kind: PauseKind
  readonly reason: string
  readonly sinceMs: number
  /** Undefined: until it is lifted. */
  readonly untilMs?: number
  readonly by: string
}

/** A policy that was in force, as it was written. */
export interface PolicyVersion {
  readonly hash: string
  readonly text: string
  readonly sinceMs: number
}

/** What each table's rows are; the name of a row is its key. */
export interface OwnTables {
  readonly roster: Member
  readonly tokens: StoredToken
  /** By indicator key. */
  readonly allow: AllowEntry
  readonly lists: WarningList
  /** By indicator key. */
  readonly forced: Forced
  readonly pauses: Pause
  /** By indicator key. */
  readonly holds: Hold
  /** By name. */
  readonly former: Former
  /** One row, `now`: the policy in force. */
  readonly policy: PolicyVersion
}

export type OwnTable = keyof OwnTables
export const OWN_TABLES = [
  'roster',
  'tokens',
  'allow',
  'lists',
  'forced',
  'pauses',
  'holds',
  'former',
  'policy',
] as const satisfies readonly OwnTable[]

/** A row that is put, or with null taken away. */
export type OwnChange = {
  readonly [Table in OwnTable]: {
    readonly table: Table
    readonly name: string
    readonly row: OwnTables[Table] | null
  }
}[OwnTable]

type Rows = { readonly [Table in OwnTable]: ReadonlyMap<string, OwnTables[Table]> }

/** All rows in memory. Whoever makes something of a table looks at its revision now and then. */
export class OwnRows {
  readonly #rows = Object.fromEntries(OWN_TABLES.map((table) => [table, new Map()])) as {
    readonly [Table in OwnTable]: Map<string, OwnTables[Table]>
  }
  readonly #revisions = new Map<OwnTable, number>()
  #changes = 0

  of<Table extends OwnTable>(table: Table): Rows[Table] {
    return this.#rows[table]
  }

  /** Rises with every change of any table. */
  get changes(): number {
    return this.#changes
  }

  /** Rises with every change of the table. */
  revision(table: OwnTable): number {
    return this.#revisions.get(table) ?? 0
  }

  apply({ table, name, row }: OwnChange): void {
    const rows = this.#rows[table] as Map<string, OwnTables[OwnTable]>
    if (row === null) rows.delete(name)
    else rows.set(name, row)
    this.#revisions.set(table, this.revision(table) + 1)
    this.#changes++
  }
}
