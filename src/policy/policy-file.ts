/**
 * A policy from the parsed content of its file, or everything that is wrong with it at once, each
 * with its place. What must never happen cannot be said here: PAP:RED and AMBER never block, a
 * TLP:RED report only observes, TLP:RED and AMBER+STRICT are never exported, a member that is only
 * observed never acts, nothing acts alone beyond what all cause together. A key that is absent or
 * null has its default. Types this version does not know are a warning: a newer one may.
 */
import { ACTION, type Action } from '../core/codes.js'
import type { IndicatorType } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { Reading, type Group, type PolicyNote } from './reading.js'
import { DEFAULT_POLICY, type Policy, type Share } from './rules.js'

export type PolicyReading =
  | { readonly policy: Policy; readonly warnings: readonly PolicyNote[] }
  | { readonly errors: readonly [PolicyNote, ...PolicyNote[]] }

/** Caps of a network are by its length; a narrow one shows the strongest. */
const NARROW = '192.0.2.0/24'
const PERCENT = { min: 0, max: 100 }
/** More would match unrelated prompts too often, whatever the policy says. */
const SKETCHES = { min: 0, max: LIMITS.sketchesMax, isWhole: true }
const MEMBERS = { min: 1, max: LIMITS.membersMax, isWhole: true }

export function readPolicy(value: unknown): PolicyReading {
  const reading = new Reading()
  const policy = policyOf(reading, value)
  const [first, ...others] = reading.errors
  if (first !== undefined) return { errors: [first, ...others] }
  return { policy, warnings: reading.warnings }
}

/** Members that a policy names and nobody knows: a slip, or one who is still to be admitted. */
export function unknownMembers(policy: Policy, names: ReadonlySet<string>): PolicyNote[] {
  return policy.shadow.members
    .filter((name) => !names.has(name))
    .map((name) => ({ key: 'shadow.members', message: `no member is named ${name}` }))
}

function policyOf(reading: Reading, value: unknown): Policy {
  const of = reading.group('', value, Object.keys(DEFAULT_POLICY))
  const { confidence, request, quorum, disputers, trust, bulkhead } = DEFAULT_POLICY
  return {
    shadow: shadowOf(reading, of['shadow']),
    confidence: reading.each('confidence', of['confidence'], confidence, (key, given, standard) =>
      reading.number(key, given, standard, PERCENT),
    ),
    quorum: reading.number('quorum', of['quorum'], quorum, MEMBERS),
    request: reading.each('request', of['request'], request, (key, given, standard) =>
      reading.number(key, given, standard, MEMBERS),
    ),
    disputers: reading.number('disputers', of['disputers'], disputers, MEMBERS),
    trust: reading.each('trust', of['trust'], trust, (key, given, standard) =>
      trustOf(reading, key, given, standard),
    ),
    types: typesOf(reading, of['types']),
    pap: reading.each('pap', of['pap'], DEFAULT_POLICY.pap, (key, given, standard) =>
      papOf(reading, key, given, standard),
    ),
    tlp: reading.each('tlp', of['tlp'], DEFAULT_POLICY.tlp, (key, given, standard) =>
      tlpOf(reading, key, given, standard),
    ),
    bulkhead: reading.each('bulkhead', of['bulkhead'], bulkhead, (key, given, standard) =>
      shareOf(reading, key, given, standard),
    ),
    brake: shareOf(reading, 'brake', of['brake'], DEFAULT_POLICY.brake),
    sketches: reading.each('sketches', of['sketches'], DEFAULT_POLICY.sketches, (key, given, n) =>
      reading.number(key, given, n, SKETCHES),
    ),
    lists: listsOf(reading, of['lists']),
  }
}

function shadowOf(reading: Reading, value: unknown): Policy['shadow'] {
  const standard = DEFAULT_POLICY.shadow
  const of = reading.group('shadow', value, Object.keys(standard))
  const types = reading.names('shadow.types', of['types'])
  return {
    all: reading.flag('shadow.all', of['all'], standard.all),
    members: reading.names('shadow.members', of['members']),
    types: types.flatMap((name) => reading.types('shadow.types', name)).map(({ name }) => name),
  }
}

function trustOf(
  reading: Reading,
  key: string,
  value: unknown,
  standard: Policy['trust']['trusted'],
): Policy['trust']['trusted'] {
  const of = reading.group(key, value, Object.keys(standard))
  const alone = reading.action(`${key}.alone`, of['alone'], standard.alone)
  const counts = reading.flag(`${key}.counts`, of['counts'], standard.counts)
  if (key === 'trust.observe' && (alone !== 'observe' || counts)) {
    reading.wrong(key, 'is {alone: observe, counts: false}: who is only observed never acts')
  }
  return { alone, counts }
}

function papOf(reading: Reading, key: string, value: unknown, standard: Action): Action {
  const action = reading.action(key, value, standard)
  if (action === 'block' && (key === 'pap.red' || key === 'pap.amber')) {
    reading.wrong(key, 'is challenge at most: PAP:RED and AMBER never block')
  }
  return action
}

function tlpOf(
  reading: Reading,
  key: string,
  value: unknown,
  standard: Policy['tlp']['red'],
): Policy['tlp']['red'] {
  const of = reading.group(key, value, Object.keys(standard))
  const act = reading.action(`${key}.act`, of['act'], standard.act)
  const leaves = reading.flag(`${key}.export`, of['export'], standard.export)
  if (key === 'tlp.red' && act !== 'observe') {
    reading.wrong(`${key}.act`, 'is observe: TLP:RED is for the eyes of those it was sent to')
  }
  if (leaves && (key === 'tlp.red' || key === 'tlp.amber+strict')) {
    reading.wrong(`${key}.export`, 'is false: TLP:RED and AMBER+STRICT never leave in exports')
  }
  return { act, export: leaves }
}

function shareOf(reading: Reading, key: string, value: unknown, standard: Share): Share {
  const of = reading.group(key, value, Object.keys(standard))
  const atLeast = { min: 0, max: Number.MAX_SAFE_INTEGER, isWhole: true }
  return {
    percent: reading.number(`${key}.percent`, of['percent'], standard.percent, PERCENT),
    min: reading.number(`${key}.min`, of['min'], standard.min, atLeast),
  }
}

function listsOf(reading: Reading, value: unknown): Policy['lists'] {
  const standard = DEFAULT_POLICY.lists
  const of = reading.group('lists', value, Object.keys(standard))
  return {
    cloud: reading.action('lists.cloud', of['cloud'], standard.cloud),
    documentation: reading.flag('lists.documentation', of['documentation'], standard.documentation),
    without: reading.names('lists.without', of['without']),
  }
}

/** By full or short name; what is said of `ip` is said of addresses and networks. */
function typesOf(reading: Reading, value: unknown): Policy['types'] {
  const caps = new Map<string, Policy['types'][string]>()
  for (const [name, given] of Object.entries(reading.mapping('types', value))) {
    const key = `types.${name}`
    const of = reading.group(key, given, ['alone', 'together'])
    for (const type of reading.types(key, name)) {
      if (caps.has(type.name)) reading.wrong(key, `says something of ${type.name} twice`)
      caps.set(type.name, capsOf(reading, key, of, type))
    }
  }
  return Object.fromEntries(caps)
}

function capsOf(
  reading: Reading,
  key: string,
  of: Group,
  type: IndicatorType,
): Policy['types'][string] {
  const strongest = type.together(NARROW)
  const together = reading.action(`${key}.together`, of['together'], strongest)
  const alone = reading.action(`${key}.alone`, of['alone'], 'observe')
  if (ACTION.code(alone) > ACTION.code(together)) {
    reading.wrong(`${key}.alone`, `is more than together (${together}): raise that, too`)
  }
  return {
    ...(of['alone'] == null ? {} : { alone }),
    ...(of['together'] == null ? {} : { together }),
  }
}
