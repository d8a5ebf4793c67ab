/**
 * This operator's own list of members. Admission decides whom this node hears; nobody else can
 * admit for it. A roster is an immutable value: a change makes a new one, and whoever needs it
 * pulls it.
 */
import { bytesOf, type AuthorId } from './identity.js'
import { LIMITS } from './limits.js'
import { failed, fine, type Result } from './outcome.js'
import { isSoundKey } from './signature.js'

export const ROLES = ['member', 'observer'] as const
export type Role = (typeof ROLES)[number]
/**
 * observe: recorded, never acts. corroborate: up to throttle alone, counts in a quorum. trusted: up
 * to the type's alone cap.
 */
export const TRUSTS = ['observe', 'corroborate', 'trusted'] as const
export type Trust = (typeof TRUSTS)[number]

export interface MemberKey {
  readonly author: AuthorId
  /** Multiaddrs without the PeerId part; may be empty where the member dials us. */
  readonly addresses: readonly string[]
  /** Its log has forked, and the operator lets what it said before act again. */
  readonly released?: true
}

export interface Member {
  readonly name: string
  readonly role: Role
  readonly trust: Trust
  readonly keys: readonly MemberKey[]
  readonly addedMs: number
}

export type RosterCode =
  | 'member-unknown'
  | 'member-exists'
  | 'key-taken'
  | 'key-unknown'
  | 'key-own'
  | 'key-weak'
  | 'too-many-members'
  | 'too-many-keys'
  | 'too-many-addresses'

/** A member as it is from now on, or with null its removal. */
export interface RosterChange {
  readonly table: 'roster'
  readonly name: string
  readonly row: Member | null
}

export function putMember(member: Member): RosterChange {
  return { table: 'roster', name: member.name, row: member }
}

export class Roster {
  static readonly EMPTY = new Roster([])
  readonly #byName: ReadonlyMap<string, Member>
  readonly #byAuthor: ReadonlyMap<AuthorId, Member>

  constructor(members: Iterable<Member>) {
    this.#byName = new Map([...members].map((member) => [member.name, member]))
    this.#byAuthor = new Map(
      this.members.flatMap((member) => member.keys.map((key) => [key.author, member])),
    )
  }

  get members(): Member[] {
    return [...this.#byName.values()]
  }

  named(name: string): Member | undefined {
    return this.#byName.get(name)
  }

  memberOf(author: AuthorId): Member | undefined {
    return this.#byAuthor.get(author)
  }

  with(change: RosterChange): Roster {
    const members = new Map(this.#byName)
    if (change.row === null) members.delete(change.name)
    else members.set(change.name, change.row)
    return new Roster(members.values())
  }

  /** Admits a key: a new member, or one more key (or newer addresses) for a member of that name. */
  admitting(
    admission: Omit<Member, 'keys'> & { readonly key: MemberKey },
    own: AuthorId,
  ): Result<Member, RosterCode> {
    const { key, ...rest } = admission
    if (key.author === own) return failed('key-own')
    // A weak key signs for anybody: neither a connection nor an envelope would prove who it is
    // from.
    if (!isSoundKey(bytesOf(key.author))) return failed('key-weak')
    if (key.addresses.length > LIMITS.addressesMax) return failed('too-many-addresses')
    const holder = this.#byAuthor.get(key.author)
    if (holder !== undefined && holder.name !== rest.name) {
      return failed('key-taken', `this key belongs to ${holder.name}`)
    }
    const held = this.#byName.get(rest.name)
    if (held === undefined) {
      if (this.#byName.size >= LIMITS.membersMax) return failed('too-many-members')
      return fine({ ...rest, keys: [key] })
    }
    const others = held.keys.filter((other) => other.author !== key.author)
    if (others.length >= LIMITS.memberKeysMax) return failed('too-many-keys')
    const released = held.keys.some(
      (other) => other.author === key.author && other.released === true,
    )
    return fine({ ...held, keys: [...others, released ? { ...key, released } : key] })
  }

  /**
   * The change that removes a member, or one of its keys (the last key takes the member with it).
   */
  removing(name: string, author?: AuthorId): Result<RosterChange, RosterCode> {
    const member = this.#byName.get(name)
    if (member === undefined) return failed('member-unknown')
    if (author === undefined) return fine({ table: 'roster', name, row: null })
    const keys = member.keys.filter((key) => key.author !== author)
    if (keys.length === member.keys.length) return failed('key-unknown')
    return fine({ table: 'roster', name, row: keys.length === 0 ? null : { ...member, keys } })
  }
}
