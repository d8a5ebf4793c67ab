/**
 * Whom this node hears: members by name (or by the PeerId of one of their keys). A change is one
 * row, in force when it is answered; the answer says what it changed. Nothing of a card is believed
 * but its key: a name in it never adds that key to a member who has the name.
 */
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { fingerprintOf } from '../core/fingerprint.js'
import { authorOfPeer, cardFits, parseCard, peerNameOf, type Card } from '../core/identity.js'
import type { AuthorId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import { putMember, ROLES, TRUSTS, type Member, type Roster } from '../core/roster.js'
import type { LiveState } from '../lookup/live-state.js'
import { releasing } from '../lookup/release.js'
import type { HttpDependencies } from './dependencies.js'
import { keysKnownTo } from './federation.js'
import { flipsOf, liveClaims } from './member-effect.js'
import { Problem, valueOr } from './problems.js'
import { object, type App } from './shape.js'
import { Turns } from './turns.js'

const Role = Type.Enum([...ROLES])
const Trust = Type.Enum([...TRUSTS])
const Admission = object({
  card: Type.String(),
  name: Type.Optional(Type.String()),
  addresses: Type.Optional(Type.Array(Type.String())),
  role: Type.Optional(Role),
  trust: Type.Optional(Trust),
  newOrganisation: Type.Optional(Type.Boolean()),
})
const Change = object({
  role: Type.Optional(Role),
  trust: Type.Optional(Trust),
  /** With `released`: which of the member's keys. */
  key: Type.Optional(Type.String()),
  released: Type.Optional(Type.Boolean()),
})
const Named = object({ name: Type.String() })
/** With it nothing is changed, and the effect has the verdicts that would be others. */
const Preview = Type.Optional(Type.Literal('yes'))
const Previewing = object({ preview: Preview })
const Removal = object({ key: Type.Optional(Type.String()), preview: Preview })

type Asking = Static<typeof Change>

interface Asked {
  readonly card: string
  readonly name?: string
  readonly addresses?: readonly string[]
  readonly role?: Member['role']
  readonly trust?: Member['trust']
  readonly newOrganisation?: boolean
}

export function memberRoutes(app: App, dependencies: HttpDependencies): void {
  const { state, registrar } = dependencies
  const operator = { config: { role: 'operator' } } as const
  const turns = new Turns()
  const shown = (member: Member) => show(member, dependencies)

  app.get('/v1/members', operator, () => ({ members: state.roster.members.map(shown) }))

  app.get('/v1/members/:name', { ...operator, schema: { params: Named } }, (request) =>
    shown(memberNamed(state.roster, request.params.name)),
  )

  // Changes take turns; what they changed is counted afterwards, which takes seconds at a million.
  const admitting = { ...operator, schema: { body: Admission, querystring: Previewing } }
  app.post('/v1/members', admitting, async (request, reply) => {
    if (request.query.preview !== undefined) {
      return preview(dependencies, admission(request.body, dependencies), request)
    }
    const { member, isNew } = await turns.take(async () => {
      const before = state.roster.members.length
      const admitted = admission(request.body, dependencies)
      await registrar.change(putMember(admitted))
      return { member: admitted, isNew: state.roster.members.length > before }
    })
    const claims = await liveClaims(dependencies, member)
    const answer = { member: shown(member), effect: effectOf(member, claims) }
    return reply.code(isNew ? 201 : 200).send(answer)
  })

  changeRoute(app, turns, dependencies)
  removalRoute(app, turns, dependencies)
}

function changeRoute(app: App, turns: Turns, dependencies: HttpDependencies): void {
  const { state, registrar } = dependencies
  const changing = {
    config: { role: 'operator' } as const,
    schema: { params: Named, body: Change, querystring: Previewing },
  }
  const changed = (name: string, asked: Asking) => {
    const held = memberNamed(state.roster, name)
    const { role = held.role, trust = held.trust, key, released } = asked
    const known = released === undefined ? held : releasedOf(held, key, released, state)
    return { ...known, role, trust }
  }
  app.put('/v1/members/:name', changing, async (request) => {
    const { params, body, query } = request
    if (query.preview !== undefined) {
      return preview(dependencies, changed(params.name, body), request)
    }
    const member = await turns.take(async () => {
      const made = changed(params.name, body)
      await registrar.change(putMember(made))
      return made
    })
    const claims = await liveClaims(dependencies, member)
    return { member: show(member, dependencies), effect: effectOf(member, claims) }
  })
}

/** As it would be: what counts then, and what that turns. */
async function preview(dependencies: HttpDependencies, member: Member, request: FastifyRequest) {
  const claims = await liveClaims(dependencies, member)
  const flips = await flipsOf(dependencies, putMember(member), request)
  return { member: show(member, dependencies), effect: { ...effectOf(member, claims), flips } }
}

function removalRoute(app: App, turns: Turns, dependencies: HttpDependencies): void {
  const { state, registrar, clock } = dependencies
  const removing = {
    config: { role: 'operator' } as const,
    schema: { params: Named, querystring: Removal },
  }
  const removal = (name: string, peer: string | undefined) => {
    const member = memberNamed(state.roster, name)
    const key = peer === undefined ? undefined : authorOf(peer)
    const change = valueOr(state.roster.removing(member.name, key))
    const keys = key === undefined ? member.keys : member.keys.filter((k) => k.author === key)
    return { change, gone: { ...member, keys } }
  }
  app.delete('/v1/members/:name', removing, async (request) => {
    const { params, query } = request
    if (query.preview !== undefined) {
      const { change, gone } = removal(params.name, query.key)
      const flips = await flipsOf(dependencies, change, request)
      return removed(dependencies, gone, [], { flips })
    }
    const { gone, known } = await turns.take(async () => {
      const made = removal(params.name, query.key)
      const isWhole = made.change.row === null
      const row = { name: made.gone.name, removedMs: clock() }
      const former = { table: 'former', name: row.name, row } as const
      await registrar.change(made.change, ...(isWhole ? [former] : []))
      return { gone: made.gone, known: isWhole ? keysKnownTo(dependencies) : [] }
    })
    return removed(dependencies, gone, known)
  })
}

async function removed(
  dependencies: HttpDependencies,
  gone: Member,
  known: readonly string[],
  more: object = {},
) {
  const claims = await liveClaims(dependencies, gone)
  const rotate = `; it knows epoch key ${known.join(' ')}: tocsin federation rotate`
  const leaving = `${claims} live claims of ${gone.name} act no longer`
  const text = known.length === 0 ? leaving : leaving + rotate
  return {
    removed: show(gone, dependencies),
    effect: { liveClaims: claims, text, epochKeysKnown: known, ...more },
  }
}

function memberNamed(roster: Roster, name: string): Member {
  const author = authorOfPeer(name)
  const member = roster.named(name) ?? (author && roster.memberOf(author))
  if (member === undefined) throw new Problem('member-unknown')
  return member
}

function authorOf(peer: string): AuthorId {
  const author = authorOfPeer(peer)
  if (author === undefined) throw new Problem('key-unknown')
  return author
}

/** The member with what its forked key said acting again, or no longer. */
function releasedOf(member: Member, key: string | undefined, released: boolean, state: LiveState) {
  if (key === undefined) throw new Problem('key-unknown')
  return valueOr(releasing(state, member, authorOf(key), released))
}

/** The member a request would make, or why it may not be. */
function admission(asked: Asked, dependencies: HttpDependencies): Member {
  const { state, federation, own, clock } = dependencies
  const { roster } = state
  const card = parseCard(asked.card)
  if (card === undefined) throw new Problem('card-malformed')
  if (!cardFits(card, federation)) throw new Problem('card-of-another-network')
  const author = authorOfPeer(card.peer)!
  const addresses = (asked.addresses ?? card.addresses).map(addressOf)
  const name = nameFor(asked, card, roster, author)
  if (asked.newOrganisation !== true) refuseNeighbour(roster, name, addresses)
  const held = roster.memberOf(author)?.keys.find((key) => key.author === author)
  // A bare PeerId of a known key says nothing of where it is; what is known stays.
  const reached = addresses.length > 0 ? addresses : (held?.addresses ?? [])
  const { role = 'member', trust = 'corroborate' } = asked
  const key = { author, addresses: reached }
  const member = valueOr(roster.admitting({ name, role, trust, addedMs: clock(), key }, own))
  return { ...member, role: asked.role ?? member.role, trust: asked.trust ?? member.trust }
}

/** A name that is given may be an existing member's: the key becomes one more of theirs. */
function nameFor(asked: Asked, card: Card, roster: Roster, author: AuthorId): string {
  const holder = roster.memberOf(author)
  const name = asked.name ?? holder?.name ?? card.name
  if (name === undefined) throw new Problem('name-missing')
  const isFine = name.trim() === name && /^\P{C}+$/u.test(name)
  if (!isFine || name.length > LIMITS.memberNameMax) throw new Problem('name-malformed')
  const isSilent = asked.name === undefined && holder === undefined
  if (isSilent && roster.named(name) !== undefined) throw new Problem('member-exists')
  return name
}

/** One lab under two names would be its own quorum. */
function refuseNeighbour(roster: Roster, name: string, addresses: readonly string[]): void {
  const neighbour = roster.members.find(
    (member) =>
      member.name !== name &&
      member.keys.some((key) => key.addresses.some((address) => addresses.includes(address))),
  )
  if (neighbour !== undefined) throw new Problem('address-of-a-member', neighbour.name)
}

/** Without the PeerId part, which the key says already. */
function addressOf(text: string): string {
  const match = /^(\/(?:ip4|ip6|dns|dns4|dns6)\/[^/\s]+\/tcp\/\d{1,5})(?:\/p2p\/\w+)?$/.exec(text)
  if (match === null) throw new Problem('address-malformed')
  return match[1]!
}

function effectOf(member: Member, claims: number) {
  const { name, role, trust } = member
  const how = role === 'observer' ? 'are not heard (observer)' : `count with trust ${trust}`
  return { liveClaims: claims, text: `${claims} live claims of ${name} ${how} from now on` }
}

function show({ name, role, trust, keys, addedMs }: Member, { links, state }: HttpDependencies) {
  const byAuthor = new Map(links().map((link) => [link.author, link.link]))
  return {
    name,
    role,
    trust,
    addedAt: new Date(addedMs).toISOString(),
    keys: keys.map(({ author, addresses, released = false }) => ({
      peerId: peerNameOf(author),
      words: fingerprintOf(author),
      addresses,
      link: byAuthor.get(author) ?? 'down',
      forked: state.forks.has(author),
      released,
    })),
  }
}
