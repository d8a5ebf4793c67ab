/** The node itself: clock, disk, API, epoch keys, its own log, and logs that have forked. */
import { foundOr, spaceChecks, type Check } from '../../core/check-up.js'
import { peerNameOf } from '../../core/identity.js'
import { DAY_MS, MINUTE_MS } from '../../core/limits.js'
import type { VoiceCode } from '../../core/ports.js'
import { federationShown } from '../federation.js'
import { bodyOf } from '../problems.js'
import type { Seen } from './seen.js'

/** A clock that drifts so far is not kept by anything. */
const OFF_MS_MAX = MINUTE_MS
/** A key that has been with so many for so long is better changed. */
const EPOCH_MS_MAX = 365 * DAY_MS

export function clockChecks({ doctor }: Seen): readonly Check[] {
  const name = 'clock'
  const { fault, offMs } = doctor.clock()
  const mend = 'timedatectl set-ntp true, or whatever keeps this machine’s time'
  if (fault !== undefined) {
    const says = `${fault}: this node says nothing until its clock agrees with the members’`
    return [{ name, state: 'fail', says, mend }]
  }
  if (offMs === undefined) {
    const says = 'believed: fewer than three members have said what time it is'
    return [{ name, state: 'ok', says }]
  }
  const says = `${Math.round(offMs)} ms from the median of the members’`
  if (Math.abs(offMs) > OFF_MS_MAX) return [{ name, state: 'warn', says, mend }]
  return [{ name, state: 'ok', says }]
}

export function diskChecks({ disk, around }: Seen): readonly Check[] {
  const { ok, code = 'failed' } = disk()
  if (ok) return spaceChecks(around.space)
  const says = `${code}: nothing new is kept, look-ups go on from memory`
  return [{ name: 'disk', state: 'fail', says, mend: 'make the disk writable; it is tried again' }]
}

export function scrubChecks({ scrub, state }: Seen): readonly Check[] {
  const name = 'scrub'
  const { finding, damaged, passes } = scrub()
  const found: Check[] = damaged.map(({ author, seq }) => {
    const whose = state.roster.memberOf(author)?.name ?? peerNameOf(author)
    const says = `envelope ${seq} of ${whose} cannot be read; members are asked for it`
    return { name, state: 'fail', says, mend: 'tocsin verify; a disk that does this is dying' }
  })
  if (finding !== undefined && found.length === 0) {
    const says = `${finding.what} was found and mended, ${isoOf(finding.atMs)}`
    found.push({ name, state: 'warn', says, mend: 'tocsin verify' })
  }
  return foundOr(found, name, `nothing damaged, ${passes} passes since the start`)
}

export function apiChecks({ doctor, dialects }: Seen): readonly Check[] {
  const { listen, isLoopback, hasTls, hosts, trustedProxies } = doctor.api
  const name = 'api'
  const found: Check[] = []
  if (!isLoopback && !hasTls) {
    const says = `${listen} is reached in the clear: tokens and verdicts can be read on the way`
    found.push({ name, state: 'fail', says, mend: 'api.tls {cert, key} in the settings' })
  }
  if (!isLoopback && hosts.length === 0) {
    const says = `${listen} answers to its address alone, not to a name`
    found.push({ name, state: 'warn', says, mend: 'api.hosts: [NAME] in the settings' })
  }
  if (trustedProxies.some((network) => /\/0$/.test(network))) {
    const says = 'api.trustedProxies believes everybody: visitors choose their own address'
    found.push({ name, state: 'fail', says, mend: 'name your proxies’ addresses alone' })
  }
  const { noAnswer, noAddress, stale, degraded } = dialects.rules
  const rules =
    `no answer ${noAnswer}, no address ${noAddress}, ` + `stale ${stale}, degraded ${degraded}`
  return foundOr(found, name, `${listen}${hasTls ? ' with TLS' : ''}; gateways: ${rules}`)
}

export function epochChecks(seen: Seen): readonly Check[] {
  const name = 'epoch-keys'
  const { openFederation, epochs } = federationShown(seen)
  const rotate = 'tocsin federation rotate, and hand the file to the members'
  if (openFederation) {
    const says = 'the open federation’s key is public: good for trying things out, it hides nothing'
    return [{ name, state: 'warn', says, mend: 'tocsin federation create NAME' }]
  }
  const [newest] = epochs
  if (newest === undefined) {
    const says = 'the federation has no epoch key: no sketches, no keyed types'
    return [{ name, state: 'warn', says, mend: rotate }]
  }
  const found: Check[] = []
  if (newest.knownToRemoved.length > 0) {
    const who = newest.knownToRemoved.join(', ')
    const says = `the newest, ${newest.id}, is known to ${who}, who left`
    found.push({ name, state: 'warn', says, mend: rotate })
  }
  const days = Math.floor((seen.now - Date.parse(newest.createdAt)) / DAY_MS)
  if (days * DAY_MS > EPOCH_MS_MAX) {
    const says = `the newest, ${newest.id}, is ${days} days old`
    found.push({ name, state: 'warn', says, mend: rotate })
  }
  return foundOr(
    found,
    name,
    `the newest, ${newest.id}, is ${days} days old; members alone have it`,
  )
}

/** Publishing that is paused is told as a pause. */
const MENDS: Readonly<Record<Exclude<VoiceCode, 'publish-paused'>, string>> = {
  'own-log-behind':
    'restore the folder that is whole, or start once with tocsin start --abandon-tail',
  'own-log-forked': 'tocsin federation join FILE --new-key, and have the members admit the new key',
  'own-head-unasked': 'reach a member once: tocsin peers',
  'own-key-elsewhere': 'stop the other node that runs with this key, then start this one again',
  'clock-wrong': 'set the clock',
  overload: 'wait',
  'store-failed': 'free space on the disk',
  stopping: 'tocsin start',
  'idempotency-mismatch': 'another key',
}

export function ownLogChecks({ doctor, state, own }: Seen): readonly Check[] {
  const name = 'own-log'
  const silence = doctor.silence()
  if (silence !== undefined && silence !== 'publish-paused') {
    const says = `this node is silent: ${silence}: ${bodyOf(silence).title}`
    return [{ name, state: 'fail', says, mend: MENDS[silence] }]
  }
  return [{ name, state: 'ok', says: `${state.heads.get(own)?.seq ?? 0} envelopes, whole` }]
}

export function forkChecks({ state, own }: Seen): readonly Check[] {
  const name = 'forks'
  const found = [...state.forks.values()].flatMap(({ author, seq }): Check[] => {
    const member = state.roster.memberOf(author)
    const isReleased = member?.keys.some((key) => key.author === author && key.released === true)
    if (author === own || isReleased === true) return []
    const peer = peerNameOf(author)
    const who = member?.name ?? peer
    const says = `${who} has signed two histories from envelope ${seq} on: its word only observes`
    const mend = `ask ${who} for a new key, then: tocsin members add NEWCARD --name '${who}'`
    return [{ name, state: 'warn', says, mend }]
  })
  return foundOr(found, name, 'no log has two histories')
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
