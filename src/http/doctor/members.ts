/** Whom this node reaches, whom it hears, and who hears whom. */
import { foundOr, isHereOnly, type Check } from '../../core/check-up.js'
import type { AuthorId } from '../../core/identity.js'
import { peerNameOf } from '../../core/identity.js'
import type { Link } from '../../core/mesh-port.js'
import { hearsUs } from '../peers.js'
import type { Seen } from './seen.js'

/** Of many alike, the first say enough. */
const SHOWN_MAX = 20

export function memberChecks(seen: Seen): readonly Check[] {
  const name = 'members'
  const { seenLinks: links, state } = seen
  if (state.roster.members.length === 0) {
    const mend = 'tocsin members add CARD, and give its operator yours: tocsin id'
    return [{ name, state: 'warn', says: 'no members: this node hears nobody', mend }]
  }
  const isAnyUp = links.some(({ link }) => link === 'up')
  const none: Check = {
    ...{ name, state: 'fail', says: 'no member can be reached' },
    mend: 'is the network up, and is the mesh’s port open? tocsin peers',
  }
  const found = links.flatMap((link) => standing(seen, link))
  return foundOr(
    [...(isAnyUp ? [] : [none]), ...shortened(found)],
    name,
    `${links.length} keys of ${state.roster.members.length} members are reached and current`,
  )
}

function standing(seen: Seen, { author, link, current, quiet }: Link): Check[] {
  const name = 'members'
  const who = nameOf(seen, author)
  switch (link) {
    case 'refused': {
      const says = `${who} has not admitted this node: it hangs up`
      return [{ name, state: 'fail', says, mend: admission(seen, who) }]
    }
    case 'wrong-network': {
      const says = `${who} answers in another federation`
      return [{ name, state: 'fail', says, mend: 'compare on both sides: tocsin federation show' }]
    }
    case 'down':
      return [{ name, state: 'warn', says: `${who} is not reached`, mend: dialling(seen, author) }]
    case 'up':
      if (quiet) {
        const says = `${who} is connected and brings nothing, while others are heard`
        return [{ name, state: 'warn', says, mend: `ask its operator: ${peerNameOf(author)}` }]
      }
      if (current) return []
      return [
        {
          ...{ name, state: 'warn', says: `${who} is connected and not current` },
          mend: 'catch-up is under way, or its beacons do not come: tocsin status',
        },
      ]
  }
}

function dialling({ state }: Seen, author: AuthorId): string {
  const member = state.roster.memberOf(author)
  const key = member?.keys.find((one) => one.author === author)
  const addresses = key?.addresses ?? []
  if (addresses.length > 0) return `is its node running, and reachable at ${addresses.join(' ')}?`
  const peer = peerNameOf(author)
  return `tocsin members add ${peer} --name ${quoted(member?.name ?? peer)} --addr MULTIADDR`
}

export function hearingChecks(seen: Seen): readonly Check[] {
  const { seenLinks: links, own, state } = seen
  const name = 'who-hears-whom'
  const deaf = links
    // Where the link is refused the reason is known, and told once.
    .filter((link) => link.link !== 'refused' && hearsUs(link, own, state) === false)
    .filter((link) => hadTime(seen, own, link))
    .map(({ author }): Check => {
      const who = nameOf(seen, author)
      const says = `${who} does not hear this node, by its own word`
      return { name, state: 'warn', says, mend: admission(seen, who) }
    })
  const apart = links.flatMap((link) => unheardBy(seen, link))
  const heard = links.filter((link) => link.beaconAgeMs !== undefined).length
  return foundOr(
    shortened([...deaf, ...apart]),
    name,
    `${heard} of ${links.length} keys have said whom they hear; nobody is left out`,
  )
}

/** Logs that we hold and another member does not: the two do not hear each other. */
function unheardBy(seen: Seen, link: Link): Check[] {
  if (link.beaconAgeMs === undefined) return []
  const member = seen.state.roster.memberOf(link.author)
  const unheard = seen.state.roster.members
    .filter((other) => other !== member && other.role === 'member')
    .flatMap(({ keys }) => keys.map((key) => key.author))
    .filter((author) => !link.hears.includes(author) && hadTime(seen, author, link))
  return unheard.map((author) => {
    const [who, whom] = [nameOf(seen, link.author), nameOf(seen, author)]
    return {
      ...{ name: 'who-hears-whom', state: 'warn', says: `${who} does not hear ${whom}` },
      mend: `ask the operator of ${who} to admit ${peerNameOf(author)}`,
    }
  })
}

/** It was said before the beacon, so its sender may have applied it. */
function hadTime({ state, now }: Seen, author: AuthorId, { beaconAgeMs = 0 }: Link): boolean {
  const head = state.heads.get(author)
  if (head === undefined) return false
  return head.seq > state.floorOf(author) || head.time < now - beaconAgeMs
}

/** Addresses that others are told lead somewhere. */
export function portChecks({ around, state }: Seen): readonly Check[] {
  const name = 'ports'
  const { addresses } = around
  const mend = 'tocsin start --announce /ip4/ADDRESS/tcp/4717, or announce in the settings'
  if (addresses.length === 0) {
    return [{ name, state: 'fail', says: 'the mesh listens nowhere', mend: 'tocsin start' }]
  }
  const dialled = state.roster.members.flatMap(({ keys }) => keys.flatMap((key) => key.addresses))
  const isElsewhere = dialled.some((address) => !isHereOnly(address))
  const here = addresses.filter(isHereOnly)
  if (isElsewhere && here.length === addresses.length) {
    const says = `members are told ${here.join(' ')}, which leads nowhere but to this machine`
    return [{ name, state: 'fail', says, mend }]
  }
  return [{ name, state: 'ok', says: `the mesh is reached at ${addresses.join(' ')}` }]
}

function admission({ card }: Seen, who: string): string {
  return `its operator runs: tocsin members add ${quoted(card())} (asked: ${who})`
}

function nameOf({ state }: Seen, author: AuthorId): string {
  const member = state.roster.memberOf(author)
  const peer = peerNameOf(author)
  if (member === undefined) return peer
  return member.keys.length === 1 ? member.name : `${member.name} (key ${peer})`
}

function shortened(found: readonly Check[]): readonly Check[] {
  const [more] = found.slice(SHOWN_MAX)
  if (more === undefined) return found
  const says = `and ${found.length - SHOWN_MAX} more like these`
  return [...found.slice(0, SHOWN_MAX), { name: more.name, state: more.state, says }]
}

/** For a shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
