/** What this operator has decided, and whether anybody asks: policy, pauses, gateways, law. */
import { foundOr, type Check } from '../../core/check-up.js'
import { DAY_MS, MINUTE_MS } from '../../core/limits.js'
import { PAUSES } from '../../core/own-rows.js'
import type { MirrorProblem } from '../../core/mirror-port.js'
import { pauseOf } from '../../lookup/pauses.js'
import type { Seen } from './seen.js'

/** Bouncers ask every ten seconds or so. */
const PULL_MS_MAX = 5 * MINUTE_MS
/** Enough for counsel to answer. */
const LEGAL_SOON_MS = 14 * DAY_MS

export function policyChecks({ policies }: Seen): readonly Check[] {
  const name = 'policy'
  const { policy, path, source, warnings } = policies.inForce()
  const found: Check[] = policies.errors().map(({ key, message }) => {
    const says = `${path} is not in force: ${key}: ${message}`
    return { name, state: 'fail', says, mend: `correct it; tocsin policy test '${path}'` }
  })
  if (source === 'history' && found.length === 0) {
    const says = `${path} cannot be used: the last good policy is in force`
    found.push({ name, state: 'fail', says, mend: `tocsin policy test '${path}'` })
  }
  for (const { key, message } of warnings) {
    found.push({ name, state: 'warn', says: `${key}: ${message}`, mend: `change it in ${path}` })
  }
  const { all, members, types } = policy.shadow
  const shaded = all ? ['everything'] : [...members, ...types]
  if (shaded.length > 0) {
    const says = `in shadow, so worked out and never acting: ${shaded.join(', ')}`
    found.push({ name, state: 'warn', says, mend: `shadow in ${path}, when you have seen enough` })
  }
  return foundOr(found, name, source === 'packaged' ? 'the packaged one is in force' : path)
}

const MIRROR_MENDS: Readonly<Record<MirrorProblem, string>> = {
  unreachable: 'start it, or correct TOCSIN_REDIS; tocsin integrate redis says what it needs',
  refused: 'tocsin integrate redis says what its user must be allowed',
  shared: 'another node fills these keys: redisPrefix gives each its own',
}

/** Nothing where there is no Redis to be kept equal. */
export function mirrorChecks({ doctor, now }: Seen): readonly Check[] {
  const name = 'redis'
  const mirror = doctor.mirror()
  if (mirror === undefined) return []
  const { problem, equalMs, entries } = mirror
  if (problem !== undefined) {
    const since =
      equalMs === undefined ? 'never yet' : `last ${Math.round((now - equalMs) / 1_000)} s ago`
    const says = `${problem}: it is not kept equal to what acts (${since})`
    return [{ name, state: 'fail', says, mend: MIRROR_MENDS[problem] }]
  }
  return [{ name, state: 'ok', says: `holds what acts, ${entries} keys` }]
}

const EFFECTS = {
  enforce: 'no verdict is more than observe',
  publish: 'nothing new is published',
} as const

export function pauseChecks({ state, now }: Seen): readonly Check[] {
  const name = 'pauses'
  const found = PAUSES.flatMap((kind): Check[] => {
    const pause = pauseOf(state, kind, now)
    if (pause === undefined) return []
    const { untilMs, by, reason } = pause
    const until = untilMs === undefined ? 'until resumed' : `until ${isoOf(untilMs)}`
    const says = `${kind} is paused ${until}: ${EFFECTS[kind]}; by ${by}: ${reason}`
    return [{ name, state: 'warn', says, mend: `tocsin resume ${kind}` }]
  })
  return foundOr(found, name, 'nothing is paused')
}

export function gatewayChecks({ state, bouncers, lookUps, now }: Seen): readonly Check[] {
  const name = 'gateways'
  const tokens = [...state.lists.of('tokens').values()]
  const gateways = tokens.filter(({ role }) => role === 'gateway').map((token) => token.name)
  const held = new Set(tokens.map((token) => token.name))
  const found: Check[] = []
  for (const [token, ms] of bouncers.counts().lastPullMs) {
    if (!held.has(token) || now - ms < PULL_MS_MAX) continue
    const minutes = Math.floor((now - ms) / MINUTE_MS)
    const says = `${token} pulled decisions and has not for ${minutes} minutes: it goes stale`
    const mend = `start that bouncer again, or tocsin token revoke ${token}`
    found.push({ name, state: 'warn', says, mend })
  }
  const { seen } = lookUps.size
  const isPulled = bouncers.counts().lastPullMs.size > 0
  if (seen === 0 && !isPulled) {
    const who = gateways.length === 0 ? 'no gateway has a token, and' : 'since the start'
    const says = `${who} nobody has asked: what is reported stops nobody here`
    const make = 'tocsin token create --role gateway --name NAME, then '
    const mend = `${gateways.length === 0 ? make : ''}tocsin integrate nginx (or another)`
    found.push({ name, state: 'warn', says, mend })
  }
  return foundOr(found, name, `${gateways.length} tokens of gateways; ${seen} look-ups`)
}

export function legalChecks({ legal, now }: Seen): readonly Check[] {
  const name = 'legal'
  if (legal === undefined) return [{ name, state: 'ok', says: 'no basis is named, so none lapses' }]
  const { basis, untilMs } = legal
  const mend = 'have it renewed, then legal.until in the settings, and start the node again'
  if (now >= untilMs) {
    const says = `the basis ${basis} lapsed ${isoOf(untilMs)}: nothing is published on it`
    return [{ name, state: 'fail', says, mend }]
  }
  const says = `the basis ${basis} holds until ${isoOf(untilMs)}`
  if (untilMs - now < LEGAL_SOON_MS) return [{ name, state: 'warn', says, mend }]
  return [{ name, state: 'ok', says }]
}

export function sampleChecks({ state, lookUps }: Seen): readonly Check[] {
  const name = 'sample'
  const holds = state.lists.of('holds').size
  const { held, seen, lost } = lookUps.size
  const found: Check[] = []
  if (holds > 0) {
    const says = `${holds} keys would have met too many look-ups and act no further than observe`
    const mend = 'look at each: tocsin explain TYPE VALUE; tocsin revoke or dispute what is wrong'
    found.push({ name, state: 'warn', says, mend })
  }
  return foundOr(found, name, `${held} of ${seen} look-ups held to measure by, ${lost} not`)
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}
