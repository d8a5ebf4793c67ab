/**
 * Every verdict against the oracle: what a step has touched at once, one more by chance, and all of
 * them now and then and at the end.
 */
import { ACTION } from '../../src/core/codes.js'
import { typeOf } from '../../src/core/indicator.js'
import { findingOn, verdictOn } from '../../src/lookup/verdict.js'
import type { Up } from './node.js'
import { actionOn, hasYetToAct, known, type Known } from './oracle.js'
import { bearingOn, INDICATORS, VALUES, type Value } from './values.js'
import type { World } from './world.js'

/** What this step has touched, and something else. */
export function checkTouched(world: World, node: Up): void {
  const asked = new Set(node.touched)
  if (world.random.chance(0.15)) asked.add(world.random.pick(VALUES))
  node.touched.clear()
  checkSome(world, node, asked)
}

export function checkAllVerdicts(world: World): void {
  for (const node of world.up) {
    checkSome(world, node, VALUES)
    checkTold(world, node, world.random.pick(VALUES))
  }
}

function checkSome(world: World, node: Up, asked: Iterable<Value>): void {
  const now = node.run.clock.now()
  let all: Known | undefined
  for (const value of asked) {
    all ??= known(world, node, now)
    checkOne(world, node, value, all, now)
  }
}

function checkOne(world: World, node: Up, asked: Value, all: Known, now: number): void {
  const { action, endsMs, attributes } = findingOn(
    node.run.desk.lookup(),
    INDICATORS.get(asked)!,
    now,
  )
  const wrong = (what: string) => world.fail(`${node.name} on ${asked.value}: ${what} (${action})`)
  const found = attributes.flatMap(({ key, parts }) =>
    parts.map(
      ({ evidence }) => `${typeOf(key.type).name} ${key.value} ${evidence.claim.envelope.id}`,
    ),
  )
  const told = bearingOn(asked).flatMap(({ type, value }, i) =>
    (all.get(bearingOn(asked)[i]!) ?? []).map(({ envelope }) => `${type} ${value} ${envelope.id}`),
  )
  if (found.sort().join() !== told.sort().join())
    return wrong(`${found.length} reasons for ${told.length} claims`)
  const code = ACTION.code(action)
  const should = actionOn(node, all, asked, now)
  if (code !== should) return wrong(`should be ${ACTION.name(should)}`)
  if (code === 0) return
  if (endsMs <= now) return wrong('is over')
  if (actionOn(node, all, asked, endsMs - 1) < code) return wrong('ends earlier than it says')
  if (!hasYetToAct(all, asked, now) && actionOn(node, all, asked, endsMs) >= code)
    wrong('ends later than it says')
}

/** What a client is told is what was found. */
function checkTold(world: World, node: Up, asked: Value): void {
  const now = node.run.clock.now()
  const [lookup, indicator] = [node.run.desk.lookup(), INDICATORS.get(asked)!]
  const finding = findingOn(lookup, indicator, now)
  const verdict = verdictOn(lookup, indicator, now)
  const reasons = finding.attributes.reduce((sum, { parts }) => sum + parts.length, 0)
  const ends = verdict.expiresAt === undefined ? Infinity : Date.parse(verdict.expiresAt)
  const isSame = verdict.action === finding.action && ends === finding.endsMs
  if (!isSame || verdict.reasons.length !== reasons)
    world.fail(`${node.name} tells another verdict on ${asked.value} than it found`)
}
