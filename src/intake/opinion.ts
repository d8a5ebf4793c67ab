/**
 * What we say of others' reports: a sighting (we met it too) and a dispute (it is wrong, or hits
 * whom it should not). Pure, as the rest of a round.
 *
 *  - Both may be said of a guarded value: the report they are about exists already.
 *  - A dispute that names a member is one statement for each key of it with a live report, so that
 *    it names what is meant on every node, whatever the roster there. Without a member it means
 *    everybody, later reports too.
 *  - Nobody disputes what only our own organisation reports: it is ours to revoke.
 *  - The same again is a duplicate unless it prolongs the first by a tenth of its life.
 *  - A withdrawal runs as long as what it takes back, so that nothing returns after it.
 */
import { endOf } from '../core/claims.js'
import { DISPUTE_REASON } from '../core/codes.js'
import { formsOf, keyOf, typeOf, type Indicator } from '../core/indicator.js'
import { authorOfPeer, type AuthorId } from '../core/identity.js'
import type { ReadValue } from '../core/key-ring.js'
import { failed, fine, type Failure, type InputCode, type Result } from '../core/outcome.js'
import type { DisputeItem, SightingItem } from '../core/ports.js'
import { disputeOf, sightingOf } from '../core/request.js'
import type { Dispute } from '../core/statement.js'
import type { LiveState } from '../lookup/live-state.js'
import { standingClaims } from '../lookup/standing-claims.js'
import { named, prolongs, refused, type Packets, type Planned, type Who } from './packets.js'

export interface Sources {
  readonly state: LiveState
  readonly packets: Packets
  readonly now: number
  readonly read: ReadValue
}

/** Who is meant; null: everybody. */
type About = AuthorId | null

export function planSighting(
  { packets, now, read }: Sources,
  item: SightingItem,
  who: Who,
): Planned {
  const asked = sightingOf(item, now, read(item.type, item.value))
  if (!asked.ok) return refused(asked)
  const { value: sighting } = asked
  const register = { key: keyOf(sighting), kind: 'sighting', about: null } as const
  const live = packets.standing(register, now)
  if (live?.statement.kind === 'sighting' && live.statement.count === sighting.count) {
    if (!prolongs(sighting.until, live.statement.until, now)) {
      return { status: 'duplicate', ...named(sighting), envelope: live.envelope.id }
    }
  }
  const until = Math.max(sighting.until, endOf(packets.mine(register)))
  return packets.say(sighting, [{ ...sighting, until }], who)
}

export function planDispute(sources: Sources, item: DisputeItem, who: Who): Planned {
  const asked = disputeOf(item, sources.read(item.type, item.value))
  if (!asked.ok) return refused(asked)
  const { indicator, reason } = asked.value
  const withdraws = reason === DISPUTE_REASON.code('withdrawn')
  const forms = formsOf(indicator)
  const meant = forms.map((form) => ({
    form,
    abouts: (withdraws ? withdrawn : disputed)(sources, form, item.member),
  }))
  const said = meant.flatMap(({ form, abouts }): Meant[] =>
    abouts.ok ? abouts.value.map((about) => ({ form, about })) : [],
  )
  // A dispute is about what will be said as well, and may outlive the look-ups under an old key.
  if (!withdraws) said.push(...ofNewest(forms[0]!, said))
  const [first] = said
  if (first === undefined) return refused(failureOf(meant.map(({ abouts }) => abouts)), indicator)
  const statements = said.flatMap(({ form, about }) => {
    return disputeAbout(sources, form, reason, about) ?? []
  })
  if (statements.length > 0) return sources.packets.say(indicator, statements, who)
  const live = standing(sources, first.form, first.about)!
  return { status: 'duplicate', ...named(indicator), envelope: live.envelope.id }
}

interface Meant {
  readonly form: Indicator
  readonly about: About
}

/** Whoever is meant under an older key is meant under the newest, too. */
function ofNewest(newest: Indicator, said: readonly Meant[]): Meant[] {
  const isThere = new Set(said.filter(({ form }) => form === newest).map(({ about }) => about))
  const others = new Set(said.map(({ about }) => about).filter((about) => !isThere.has(about)))
  return [...others].map((about) => ({ form: newest, about }))
}

/** Of a keyed value the reason is that of the one form of which anything is said, if any. */
function failureOf(results: readonly Result<unknown, InputCode>[]): Failure<InputCode> {
  const failures = results.flatMap((result) => (result.ok ? [] : result))
  return failures.find(({ code }) => code === 'own-report') ?? failures[0]!
}

/** Undefined where we say so already. */
function disputeAbout(
  sources: Sources,
  indicator: Indicator,
  reason: number,
  about: About,
): Dispute | undefined {
  const { packets, now } = sources
  const { type, value } = indicator
  const end = endOf(packets.mine(registerOn(indicator, about)))
  const withdraws = reason === DISPUTE_REASON.code('withdrawn')
  const until = withdraws ? end : Math.max(now + typeOf(type).lifeMsMax, end)
  const live = standing(sources, indicator, about)
  if (live?.statement.kind === 'dispute' && live.statement.reason === reason) {
    if (withdraws || !prolongs(until, live.statement.until, now)) return undefined
  }
  return { kind: 'dispute', until, type, value, author: about, reason }
}

/** Whose reports a new dispute is about. */
function disputed(
  { state, now }: Sources,
  indicator: Indicator,
  member: string | undefined,
): Result<readonly About[], InputCode> {
  const keys = member === undefined ? undefined : keysOf(state, member)
  if (keys?.ok === false) return keys
  const live = [...standingClaims(state, indicator, now)].map(({ author }) => author)
  const others = live.filter((author) => !isOurs(state, author))
  if (others.length === 0) {
    return failed(live.length > 0 ? 'own-report' : 'nothing-to-dispute')
  }
  if (keys === undefined) return fine([null])
  const named = others.filter((author) => keys.value.includes(author))
  return named.length > 0 ? fine(named) : failed('nothing-to-dispute')
}

/** Which disputes of ours a withdrawal takes back; where none stands, those taken back before. */
function withdrawn(
  sources: Sources,
  indicator: Indicator,
  member: string | undefined,
): Result<readonly About[], InputCode> {
  const keys = member === undefined ? undefined : keysOf(sources.state, member)
  if (keys?.ok === false) return keys
  const ours = sources.packets
    .disputed(keyOf(indicator))
    .filter((about) => keys === undefined || (about !== null && keys.value.includes(about)))
    .filter((about) => standing(sources, indicator, about) !== undefined)
  return ours.length > 0 ? fine(ours) : failed('nothing-to-withdraw')
}

/** The keys a name or PeerId stands for. One that was removed is still named by its PeerId. */
function keysOf(state: LiveState, name: string): Result<readonly AuthorId[], InputCode> {
  const author = authorOfPeer(name)
  if (name === state.name || (author !== undefined && isOurs(state, author))) {
    return failed('own-report')
  }
  const member =
    state.roster.named(name) ?? (author === undefined ? undefined : state.roster.memberOf(author))
  if (member !== undefined) return fine(member.keys.map((key) => key.author))
  return author === undefined ? failed('member-unknown') : fine([author])
}

function isOurs(state: LiveState, author: AuthorId): boolean {
  return state.organisationOf(author) === state.name
}

function registerOn(indicator: Indicator, about: About) {
  return { key: keyOf(indicator), kind: 'dispute', about } as const
}

function standing({ packets, now }: Sources, indicator: Indicator, about: About) {
  return packets.standing(registerOn(indicator, about), now)
}
