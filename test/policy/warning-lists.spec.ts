/**
 * The promise of warning lists: of what a list names nothing acts, by look-up or export, whoever
 * reports it. Every value is reported first-hand by two members and, where our own door lets it,
 * by us; then the lists are loaded. With made-up lists, and with real ones where a folder of MISP
 * warninglists is at hand (TOCSIN_WARNINGLISTS).
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toBytes } from '../../src/core/envelope.js'
import { isHost, parseNetwork } from '../../src/core/address.js'
import { typeByName, type Indicator } from '../../src/core/indicator.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { listValues } from '../../src/core/list-values.js'
import { anyNetwork } from '../../src/core/network-set.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import type { WarningList } from '../../src/core/own-rows.js'
import { seal } from '../../src/core/envelope.js'
import { leaving } from '../../src/lookup/leaving.js'
import { liveKeys } from '../../src/lookup/listing.js'
import { verdictOn } from '../../src/lookup/verdict.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { isDocumentation } from '../../src/policy/special-ranges.js'
import { ValueSet } from '../../src/policy/value-set.js'
import { deskOf, guardsOf } from '../support/desk.js'
import { NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { report } from '../support/samples.js'

/** Members here are not bounded: what holds a report back is to be the lists alone. */
const POLICY: Policy = {
  ...DEFAULT_POLICY,
  bulkhead: { keys: { percent: 100, min: 0 }, changes: { percent: 100, min: 0 } },
}
const code = (name: string) => typeByName(name)!.code

interface Named {
  readonly name: string
  readonly effect: WarningList['effect']
  readonly values: readonly string[]
}

/** What can be reported of a value: itself, or the first network and address in it. */
function reportable(value: string): Indicator[] {
  const { networks, domains } = listValues([value])
  const network = networks[0] === undefined ? undefined : anyNetwork(networks[0])
  if (network === undefined)
    return domains.map((name) => ({ type: code('net.domain'), value: name }))
  const { version, base, text } = network
  const address = text.slice(0, text.indexOf('/'))
  const first = { type: code(version === 4 ? 'net.ipv4' : 'net.ipv6'), value: address }
  if (isHost(network)) return [first]
  const whole = parseNetwork(text)
  const widest = `${address}/${version === 4 ? 16 : 32}`
  assert.ok(base.length > 0)
  return [first, { type: code('net.cidr'), value: whole.ok ? whole.value.text : widest }]
}

async function sayAs(lab: Lab, member: string, keys: readonly Indicator[]): Promise<void> {
  await lab.admit(member)
  const author = ownOf(member)
  const { networkId } = OPEN_FEDERATION
  let prev = null
  for (let at = 0, seq = 1; at < keys.length; at += LIMITS.statementsMax, seq++) {
    const statements = keys
      .slice(at, at + LIMITS.statementsMax)
      .map((key) => report({ ...key, until: NOW + DAY_MS, confidence: 100 }))
    const envelope = seal({ networkId, seq, prev, time: NOW }, statements, seedOf(member), author)
    const origin = { via: 'gossip', from: author } as const
    const judgement = lab.intake.accept(toBytes(envelope), origin)
    assert.equal((await judgement.committed).status, 'accepted')
    prev = envelope.id
  }
}

async function sayOurselves(lab: Lab, keys: readonly Indicator[]): Promise<number> {
  let accepted = 0
  for (let at = 0; at < keys.length; at += LIMITS.requestItemsMax) {
    const items = keys
      .slice(at, at + LIMITS.requestItemsMax)
      .map(({ type, value }) => ({ type: TYPE_NAMES.get(type)!, value, firstHand: true }))
    const results = await lab.voice.report(items)
    accepted += results.filter(({ status }) => status === 'accepted').length
  }
  return accepted
}
const TYPE_NAMES = new Map(
  ['net.ipv4', 'net.ipv6', 'net.cidr', 'net.domain'].map((name) => [code(name), name]),
)

class Scene {
  readonly #lab: Lab
  readonly #guards
  readonly #desk

  constructor(lab: Lab) {
    this.#lab = lab
    this.#guards = guardsOf(lab.state.lists, new ValueSet({}), POLICY)
    this.#desk = deskOf(lab.state, {
      clock: () => lab.time.now,
      guards: this.#guards,
      policy: () => POLICY,
    })
  }

  load(lists: readonly Named[]): Promise<void> {
    return this.#lab.lists.change(
      ...lists.map(({ name, effect, values }) => {
        const { networks, domains } = listValues(values)
        const told = { emailDomains: false, addedMs: NOW, by: 'operator' }
        return { table: 'lists', name, row: { name, effect, networks, domains, ...told } } as const
      }),
    )
  }

  /** How many of the keys act, by action. */
  acting(keys: readonly Indicator[]): Record<string, number> {
    const counts: Record<string, number> = {}
    const lookup = this.#desk.lookup()
    for (const key of keys) {
      const { action } = verdictOn(lookup, key, NOW)
      counts[action] = (counts[action] ?? 0) + 1
    }
    return counts
  }

  /** What leaves in exports of what acts: keys or pieces that lie in what is given. */
  leaving(inside: ValueSet): string[] {
    return [...liveKeys(this.#lab.state, NOW)]
      .flatMap(({ indicator }) => leaving(this.#guards, indicator, NOW))
      .filter((key) => inside.covers(key) || inside.reaches(key))
      .map(({ value }) => value)
  }
}

async function promise(lists: readonly Named[]) {
  const lab = await openLab('Lab A')
  const keys = new Map<string, Indicator>()
  for (const { values } of lists) {
    for (const key of values.flatMap(reportable)) keys.set(`${key.type} ${key.value}`, key)
  }
  const asked = [...keys.values()].filter((key) => !isDocumentation(key))
  await sayAs(lab, 'Lab B', asked)
  await sayAs(lab, 'Lab C', asked)
  const own = await sayOurselves(lab, asked)
  const scene = new Scene(lab)
  const before = scene.acting(asked)
  const started = performance.now()
  await scene.load(lists)
  const after = scene.acting(asked)
  const never = lists.filter(({ effect }) => effect === 'never').flatMap(({ values }) => values)
  // A public suffix guards itself and nothing below: as a key it is asked above.
  const left = scene.leaving(new ValueSet(listValues(never)))
  const ms = Math.round(performance.now() - started)
  return { asked: asked.length, own, before, after, left, ms }
}

const MADE_UP: readonly Named[] = [
  { name: 'made-up-edge', effect: 'never', values: ['9.8.0.0/13', '2600:9000::/28', '9.4.4.0/31'] },
  { name: 'made-up-resolvers', effect: 'never', values: ['9.9.9.9', '2620:fe::fe', '8.8.8.8'] },
  { name: 'made-up-top', effect: 'never', values: ['popular.net', 'github.io', 'a.popular.org'] },
  { name: 'made-up-private', effect: 'never', values: ['10.0.0.0/8', '224.0.0.0/4'] },
]
const CLOUD: Named = { name: 'made-up-cloud', effect: 'cloud', values: ['34.8.0.0/16', '34.9.9.9'] }

describe('policy/warning-lists', () => {
  it('of what a loaded list names nothing acts and nothing leaves', async () => {
    const { asked, before, after, left } = await promise(MADE_UP)
    assert.ok((before['block'] ?? 0) > 4 && (before['throttle'] ?? 0) > 2, JSON.stringify(before))
    assert.deepEqual(after, { allow: asked })
    assert.deepEqual(left, [])
  })

  it('of what a loaded cloud list names nothing acts further than throttle', async () => {
    const { before, after } = await promise([CLOUD])
    assert.ok((before['block'] ?? 0) > 0, JSON.stringify(before))
    assert.deepEqual(Object.keys(after), ['throttle'])
  })
})

const folder = process.env['TOCSIN_WARNINGLISTS']
if (folder !== undefined) {
  const real = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .map((file): Named => {
      const { list } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { list: string[] }
      const effect = file.startsWith('google-gcp') ? 'cloud' : 'never'
      return { name: file.replace('.json', ''), effect, values: list }
    })

  describe(`policy/warning-lists: those of ${folder}`, function () {
    this.timeout(900_000)

    it('of what any of them names nothing acts and nothing leaves', async () => {
      const { own, asked, before, after, left, ms } = await promise(
        real.filter(({ effect }) => effect === 'never'),
      )
      console.log(JSON.stringify({ asked, own, before, after, left: left.length, ms }))
      assert.ok((before['block'] ?? 0) > asked / 2, JSON.stringify(before))
      assert.deepEqual(after, { allow: asked })
      assert.deepEqual(left, [])
    })

    it('of what a cloud list names nothing acts further than throttle', async () => {
      const { asked, before, after } = await promise(
        real.filter(({ effect }) => effect === 'cloud'),
      )
      console.log(JSON.stringify({ asked, before, after }))
      assert.deepEqual(Object.keys(after), ['throttle'])
    })
  })
}
