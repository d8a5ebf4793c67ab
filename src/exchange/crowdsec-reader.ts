/**
 * CrowdSec's decisions as items of our own voice: what `cscli decisions list -o json` prints
 * (alerts with their decisions), or the list of a Local API. What was said of addresses, networks
 * and autonomous systems is read; where it comes from and why is counted.
 */
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/limits.js'
import {
  ImportReading,
  isoOf,
  isObject,
  listIn,
  textIn,
  type ImportDefaults,
  type Json,
} from './import-item.js'

const TYPES: Readonly<Record<string, string>> = { ip: 'ip', range: 'ip', as: 'asn' }
const ACTIONS: Readonly<Record<string, string>> = {
  ban: 'block',
  captcha: 'challenge',
  throttle: 'throttle',
}
const READ = new Set(['id', 'uuid', 'duration', 'until', 'scope', 'type', 'value', 'simulated'])
const UNITS_MS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  m: MINUTE_MS,
  s: SECOND_MS,
  ms: 1,
}

export function isCrowdsec(document: unknown): boolean {
  const all = decisionsOf(document)
  return all.length > 0 && all.every((one) => isObject(one) && 'scope' in one && 'type' in one)
}

export function readCrowdsec(
  document: unknown,
  defaults: ImportDefaults,
  now: number,
): ImportReading {
  const reading = new ImportReading(defaults, now)
  decisionsOf(document).forEach((decision, i) => {
    if (isObject(decision)) readDecision(reading, decision, i + 1, now)
    else reading.refuse(i + 1, 'line-malformed', 'not an object')
  })
  return reading
}

function decisionsOf(document: unknown): readonly unknown[] {
  if (!Array.isArray(document)) return []
  return (document as unknown[]).flatMap((one) =>
    isObject(one) && Array.isArray(one['decisions']) ? listIn(one, 'decisions') : [one],
  )
}

function readDecision(reading: ImportReading, decision: Json, place: number, now: number): void {
  if (decision['simulated'] === true) return reading.refuse(place, 'simulated')
  const type = TYPES[(textIn(decision, 'scope') ?? '').toLowerCase()]
  if (type === undefined) return reading.refuse(place, 'type-unmapped')
  const action = ACTIONS[textIn(decision, 'type') ?? '']
  if (action === undefined) return reading.refuse(place, 'action-unknown')
  const lifeMs = durationOf(textIn(decision, 'duration') ?? '')
  const until = textIn(decision, 'until') ?? isoOf(now + (lifeMs ?? NaN))
  if (until === undefined) return reading.refuse(place, 'ttl-malformed')
  for (const name of Object.keys(decision)) if (!READ.has(name)) reading.left(name)
  reading.report(place, {
    ...{ type, value: (textIn(decision, 'value') ?? '').replace(/^AS/, ''), action },
    validUntil: until,
  })
}

/** Milliseconds of a duration as Go writes it, like `3h59m24.4s`; negative where it is over. */
function durationOf(text: string): number | undefined {
  const match = /^(-?)((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)$/.exec(text)
  if (match === null) return undefined
  let ms = 0
  for (const [, number, unit] of match[2]!.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)) {
    ms += Number(number) * UNITS_MS[unit!]!
  }
  return match[1] === '-' ? -ms : ms
}
