/**
 * Statements that are stored and relayed but mean nothing to this version, with the reason, for the
 * operator to see whose they are. What they say is the author's word as it came: never trust it.
 */
import { Type } from 'typebox'
import { authorOfPeer, peerNameOf, type AuthorId, type PeerName } from '../core/identity.js'
import { typeByCode } from '../core/indicator.js'
import { VOID_CODES } from '../core/outcome.js'
import type { LogPosition, VoidEntry } from '../core/ports.js'
import type { LiveState } from '../lookup/live-state.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const Query = object({
  member: Type.Optional(Type.String()),
  cursor: Type.Optional(Type.String()),
})

export function voidRoutes(app: App, { state, voids }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  app.get('/v1/voids', { config, schema: { querystring: Query } }, async (request) => {
    const { member, cursor } = request.query
    const from = cursor === undefined ? undefined : positionOf(cursor)
    const page = await voids(member === undefined ? undefined : keysOf(state, member), from)
    return {
      voids: page.entries.map((entry) => shown(state, entry)),
      ...(page.next === undefined ? {} : { cursor: cursorOf(page.next) }),
    }
  })
}

/** Of a member by name; of one key by its PeerId, also a stranger's: what it said may remain. */
function keysOf(state: LiveState, name: string): readonly AuthorId[] {
  const member = state.roster.named(name)
  if (member !== undefined) return member.keys.map(({ author }) => author)
  const author = authorOfPeer(name)
  if (author === undefined) throw new Problem('member-unknown')
  return [author]
}

function cursorOf({ author, seq }: LogPosition): string {
  return `${peerNameOf(author)}.${seq}`
}

function positionOf(cursor: string): LogPosition {
  const [peer, seq] = cursor.split('.')
  const author = authorOfPeer(peer as PeerName)
  if (author === undefined || !/^\d{1,15}$/.test(seq ?? '')) throw new Problem('cursor-malformed')
  return { author, seq: Number(seq) }
}

function shown(state: LiveState, entry: VoidEntry) {
  const { author, seq, envelope, index, code, until, type, value } = entry
  return {
    member: state.organisationOf(author) ?? null,
    peerId: peerNameOf(author),
    seq,
    envelope,
    index,
    code,
    detail: VOID_CODES[code],
    // A type of a later version is known by its number alone.
    type: type === undefined ? null : (typeByCode(type)?.name ?? type),
    value: value ?? null,
    until: new Date(until).toISOString(),
  }
}
