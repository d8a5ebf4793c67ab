/**
 * Names members that fall silent: a path (one link) that is up and brings nothing while others are
 * heard, and a member none of whose keys is current. Each change is one line in the log, and a
 * short one is none: a head that is a moment ahead of its envelope says nothing about a member.
 */
import { peerNameOf, type AuthorId } from '../core/identity.js'
import type { Log } from '../core/ports.js'
import type { Member, Roster } from '../core/roster.js'
import type { MeshTimings } from './timings.js'

export interface WatchDependencies {
  readonly roster: () => Roster
  /** Since when each link that is up has been so. */
  readonly up: () => ReadonlyMap<AuthorId, number>
  readonly isCurrent: (author: AuthorId, now: number) => boolean
  readonly log: Log
}

interface Standing {
  current: boolean
  /** Since when it has been as it is. */
  sinceMs: number
  /** What the log last said of it. */
  named: boolean | undefined
}

export class Watch {
  readonly #timings: MeshTimings
  readonly #deps: WatchDependencies
  /** When a neighbour last brought anything that is not garbage. */
  readonly #broughtMs = new Map<AuthorId, number>()
  readonly #quiet = new Set<AuthorId>()
  readonly #standings = new Map<string, Standing>()

  constructor(timings: MeshTimings, dependencies: WatchDependencies) {
    this.#timings = timings
    this.#deps = dependencies
  }

  /** A neighbour brought a beacon or an envelope, its own or another's. */
  brought(from: AuthorId, now: number): void {
    this.#broughtMs.set(from, now)
  }

  isQuiet(author: AuthorId, now: number): boolean {
    const upMs = this.#deps.up().get(author)
    if (upMs === undefined) return false
    const { beaconFreshMs } = this.#timings
    if (now - Math.max(upMs, this.#broughtMs.get(author) ?? -Infinity) <= beaconFreshMs)
      return false
    // Where nobody is heard it is our line that is silent, or nobody has anything to say.
    return [...this.#broughtMs].some(
      ([other, atMs]) => other !== author && now - atMs <= beaconFreshMs,
    )
  }

  look(now: number): void {
    const { members } = this.#deps.roster()
    for (const member of members) {
      for (const { author } of member.keys) this.#lookAtPath(author, now)
      if (member.role === 'member') this.#lookAtMember(member, now)
    }
    this.#forget(members)
  }

  #lookAtPath(author: AuthorId, now: number): void {
    const quiet = this.isQuiet(author, now)
    if (quiet === this.#quiet.has(author)) return
    const fields = { peer: peerNameOf(author), quiet }
    if (quiet) {
      this.#quiet.add(author)
      this.#deps.log.warn('mesh-member-quiet', fields)
    } else {
      this.#quiet.delete(author)
      this.#deps.log.info('mesh-member-quiet', fields)
    }
  }

  #lookAtMember({ name, keys }: Member, now: number): void {
    const current = keys.some(({ author }) => this.#deps.isCurrent(author, now))
    const standing = this.#standings.get(name)
    if (standing === undefined) {
      this.#standings.set(name, { current, sinceMs: now, named: undefined })
      return
    }
    if (standing.current !== current) {
      standing.current = current
      standing.sinceMs = now
    }
    if (standing.named === current) return
    // Whoever has never been heard gets as long as one that was heard once.
    const { beaconFreshMs } = this.#timings
    const patienceMs = standing.named === undefined ? beaconFreshMs : beaconFreshMs / 10
    if (!current && now - standing.sinceMs < patienceMs) return
    standing.named = current
    const fields = { member: name, current }
    if (current) this.#deps.log.info('mesh-member-current', fields)
    else this.#deps.log.warn('mesh-member-current', fields)
  }

  #forget(members: readonly Member[]): void {
    const names = new Set(members.map((member) => member.name))
    const keys = new Set(members.flatMap((member) => member.keys.map((key) => key.author)))
    for (const name of this.#standings.keys()) if (!names.has(name)) this.#standings.delete(name)
    for (const author of this.#broughtMs.keys()) {
      if (!keys.has(author)) this.#broughtMs.delete(author)
    }
    for (const author of this.#quiet) if (!keys.has(author)) this.#quiet.delete(author)
  }
}
