/** `/v1/doctor`: each check is seen failing for its cause, and all are fine where nothing is. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { CHECK_NAMES, type Check, type Surroundings } from '../../src/core/check-up.js'
import { toBytes } from '../../src/core/envelope.js'
import { forkOf } from '../../src/core/fork.js'
import { OPEN_FEDERATION, type EpochKey, type Federation } from '../../src/core/identity.js'
import { KeyRing } from '../../src/core/key-ring.js'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/core/limits.js'
import type { Link } from '../../src/core/mesh-port.js'
import { putMember } from '../../src/core/roster.js'
import type { HttpDependencies } from '../../src/http/dependencies.js'
import { Bouncers } from '../../src/http/dialects/bouncers.js'
import { DEFAULT_POLICY, type Policy } from '../../src/policy/rules.js'
import { hand, NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { Pen, report } from '../support/memory-log.js'
import { DIALECTS, HEALTHY, openApi } from './api.js'

type Parts = Partial<HttpDependencies>

const federation: Federation = { name: 'labs', networkId: 'fe'.repeat(32), keys: [] }
const keyOf = (createdMs: number): EpochKey => ({ createdMs, key: randomBytes(32) }) as never
const ringOf = (createdMs: number) => {
  const settings = { types: [], issuers: [], local: '5e'.repeat(32) }
  return new KeyRing({ ...settings, keys: [keyOf(createdMs)] } as never, NOW, () => undefined)
}
const RING = ringOf(NOW - DAY_MS)
const FULL = { ok: false, code: 'disk-full' }
const OLD = ringOf(NOW - 400 * DAY_MS)
const linkTo = (name: string, rest: Partial<Link> = {}): Link => ({
  author: ownOf(name),
  ...{ link: 'up', counts: {}, current: true, quiet: false, beaconAgeMs: 1_000 },
  hears: [ownOf('Lab A'), ownOf('B'), ownOf('C')].filter((one) => one !== ownOf(name)),
  ...rest,
})
const HEARD = [linkTo('B'), linkTo('C')]

/** Lab A, which admits B and C and has heard both; somebody asked it something. */
async function labOfThree(): Promise<Lab> {
  const lab = await openLab('Lab A')
  lab.time.now = NOW - HOUR_MS
  await lab.voice.report([{ type: 'ip', value: '203.0.113.1' }])
  for (const name of ['B', 'C']) {
    await lab.admit(name)
    const other = await openLab(name, { time: lab.time })
    await other.voice.report([{ type: 'ip', value: '203.0.113.2' }])
    await hand(other, lab)
  }
  lab.time.now = NOW
  const looked = { indicator: { type: 1, value: '203.0.113.9' }, action: 'allow', attributes: [] }
  lab.lookUps.note(looked as never, NOW)
  return lab
}

async function checksOf(parts: Parts = {}, lab?: Lab): Promise<Check[]> {
  const given = lab ?? (await labOfThree())
  const defaults = { federation, keyRing: () => RING, links: () => HEARD }
  const api = await openApi({ ...defaults, ...parts }, {}, given)
  try {
    const { status, body, text } = await api.ask('GET', '/v1/doctor', { as: 'operator' })
    assert.equal(status, 200, text)
    return body['checks'] as Check[]
  } finally {
    await api.stop()
  }
}

const around = (rest: Partial<Surroundings>): Parts => ({
  doctor: {
    ...HEALTHY,
    surroundings: async () => ({ ...(await HEALTHY.surroundings()), ...rest }),
  },
})
const asApi = (rest: Partial<typeof HEALTHY.api>): Parts => ({
  doctor: { ...HEALTHY, api: { ...HEALTHY.api, ...rest } },
})
const linksAs = (...links: readonly Link[]): Parts => ({ links: () => links })
const shadowed = (policy: Policy): Parts => {
  const inForce = { policy, text: '', sinceMs: NOW, path: '/p.yaml', source: 'file' as const }
  const warnings = [{ key: 'shadow', message: 'no member of this name' }]
  return { policies: { inForce: () => ({ ...inForce, warnings }), errors: () => [] } as never }
}

const NEVER = { equalMs: undefined, entries: 0, resyncs: 0, problem: 'unreachable' } as const
const REDIS: Parts = { doctor: { ...HEALTHY, mirror: () => NEVER } }

type Case = readonly [cause: string, parts: Parts, name: string, state: string, says: RegExp]
const secrets = (mode: number | undefined) =>
  around({ secrets: [{ path: '/data/node.key', mode, isFolder: false }] })
const CASES: readonly Case[] = [
  ['a key others can read', secrets(0o644), 'keys', 'fail', /node\.key \(mode 644\)/],
  ['a key that is gone', secrets(undefined), 'keys', 'fail', /is gone/],
  ['the open federation', { federation: OPEN_FEDERATION }, 'epoch-keys', 'warn', /public/],
  ['an old epoch key', { keyRing: () => OLD }, 'epoch-keys', 'warn', /400 days/],
  ['no epoch key', { keyRing: () => KeyRing.NONE }, 'epoch-keys', 'warn', /no epoch key/],
  [
    'a clock that is off',
    { doctor: { ...HEALTHY, clock: () => ({ fault: 'clock-off' }) } },
    'clock',
    'fail',
    /clock-off/,
  ],
  [
    'a clock that drifts',
    { doctor: { ...HEALTHY, clock: () => ({ fault: undefined, offMs: 2 * MINUTE_MS }) } },
    'clock',
    'warn',
    /120000 ms/,
  ],
  ['a Redis that never answered', REDIS, 'redis', 'fail', /^unreachable: .*never yet/],
  ['a mesh that listens nowhere', around({ addresses: [] }), 'ports', 'fail', /nowhere/],
  [
    'an API in the clear',
    asApi({ listen: '0.0.0.0:4718', isLoopback: false }),
    'api',
    'fail',
    /in the clear/,
  ],
  [
    'an API without a name',
    asApi({ listen: '192.0.2.1:4718', isLoopback: false, hasTls: true }),
    'api',
    'warn',
    /not to a name/,
  ],
  ['proxies who are everybody', asApi({ trustedProxies: ['0.0.0.0/0'] }), 'api', 'fail', /every/],
  ['a link refused', linksAs(linkTo('B', { link: 'refused' })), 'members', 'fail', /B has not adm/],
  ['another network', linksAs(linkTo('B', { link: 'wrong-network' })), 'members', 'fail', /other/],
  [
    'one link down',
    linksAs(HEARD[0]!, linkTo('C', { link: 'down' })),
    'members',
    'warn',
    /C is not/,
  ],
  ['all links down', linksAs(linkTo('C', { link: 'down' })), 'members', 'fail', /no member/],
  ['a quiet link', linksAs(linkTo('B', { quiet: true })), 'members', 'warn', /brings nothing/],
  ['one not current', linksAs(linkTo('B', { current: false })), 'members', 'warn', /not current/],
  [
    'a member that is deaf to us',
    linksAs(HEARD[0]!, linkTo('C', { hears: [ownOf('B')] })),
    'who-hears-whom',
    'warn',
    /C does not hear this node/,
  ],
  [
    'members that do not hear each other',
    linksAs(HEARD[0]!, linkTo('C', { hears: [ownOf('Lab A')] })),
    'who-hears-whom',
    'warn',
    /C does not hear B/,
  ],
  ['a disk at fault', { disk: () => FULL }, 'disk', 'fail', /disk-full/],
  [
    'a disk nearly full',
    around({ space: { path: '/d', freeBytes: 9e6 } }),
    'disk',
    'fail',
    /8 MiB/,
  ],
  ['a disk filling up', around({ space: { path: '/d', freeBytes: 3e8 } }), 'disk', 'warn', /286/],
  [
    'damage that was mended',
    { scrub: () => ({ passes: 1, damaged: [], finding: { what: 'a table', atMs: NOW } }) },
    'scrub',
    'warn',
    /a table/,
  ],
  [
    'a row that cannot be read',
    { scrub: () => ({ passes: 1, damaged: [{ author: ownOf('B'), seq: 7 }] }) },
    'scrub',
    'fail',
    /envelope 7 of B/,
  ],
  [
    'a policy with mistakes',
    { policies: { ...policiesOf(), errors: () => [{ key: 'quorum', message: 'is too small' }] } },
    'policy',
    'fail',
    /quorum: is too small/,
  ],
  [
    'a policy in shadow',
    shadowed({ ...DEFAULT_POLICY, shadow: { all: true, members: [], types: [] } }),
    'policy',
    'warn',
    /never acting: everything/,
  ],
  ['a policy with warnings', shadowed(DEFAULT_POLICY), 'policy', 'warn', /no member of this name/],
  [
    'a basis that lapsed',
    { legal: { basis: 'LI-7', untilMs: NOW } },
    'legal',
    'fail',
    /LI-7 lapsed/,
  ],
  [
    'a basis about to lapse',
    { legal: { basis: 'LI-7', untilMs: NOW + DAY_MS } },
    'legal',
    'warn',
    /holds until/,
  ],
  [
    'a log that is behind',
    { doctor: { ...HEALTHY, silence: () => 'own-log-behind' } },
    'own-log',
    'fail',
    /own-log-behind/,
  ],
  ['a bouncer that stopped', { bouncers: stoppedBouncer() }, 'gateways', 'warn', /gateway pulled/],
]

function policiesOf(): HttpDependencies['policies'] {
  const inForce = { policy: DEFAULT_POLICY, text: '', sinceMs: NOW, path: '/p.yaml' }
  return {
    inForce: () => ({ ...inForce, source: 'file' as const, warnings: [] }),
    errors: () => [],
  } as never
}

function stoppedBouncer(): Bouncers {
  const bouncers = new Bouncers()
  bouncers.read('gateway 127.0.0.1', { from: 1, number: 2 }, NOW - HOUR_MS)
  return bouncers
}

describe('http: doctor', () => {
  it('finds nothing where nothing is wrong, and names each check once', async () => {
    const checks = await checksOf()
    assert.deepEqual(
      checks.filter(({ state }) => state !== 'ok'),
      [],
    )
    const names = checks.map(({ name }) => name)
    assert.equal(new Set(names).size, names.length)
    const elsewhere = ['node', 'settings', 'folder', 'redis']
    assert.deepEqual(
      CHECK_NAMES.filter((name) => !names.includes(name)),
      elsewhere,
    )
  })

  for (const [cause, parts, name, state, says] of CASES) {
    it(`names ${cause}, and the mend`, async () => {
      const checks = await checksOf(parts)
      const found = checks.filter((check) => check.name === name && says.test(check.says))
      assert.equal(found.length, 1, JSON.stringify(checks.filter((one) => one.name === name)))
      assert.equal(found[0]!.state, state)
      assert.ok((found[0]!.mend ?? '').length > 3)
      // Nothing that is fine stands before what is not.
      const order = checks.map((check) => ['fail', 'warn', 'ok'].indexOf(check.state))
      assert.deepEqual(order, order.toSorted())
    })
  }

  it('says who cannot reach us where we tell an address of this machine', async () => {
    const lab = await labOfThree()
    const [member] = lab.state.roster.members
    const keys = [{ author: ownOf('B'), addresses: ['/ip4/192.0.2.9/tcp/4717'] }]
    await lab.lists.change(putMember({ ...member!, keys }))
    const checks = await checksOf(around({ addresses: ['/ip4/127.0.0.1/tcp/4717'] }), lab)
    assert.equal(checks.find(({ name }) => name === 'ports')!.state, 'fail')
  })

  it('names the member whose key has signed two histories', async () => {
    const lab = await openLab('Lab A')
    await lab.admit('D')
    const [one, other] = ['192.0.2.1', '192.0.2.2'].map((value) => {
      const pen = new Pen(seedOf('D'), OPEN_FEDERATION.networkId)
      return pen.write([report(value, NOW + 1e6)], NOW)
    })
    const origin = { via: 'gossip', from: ownOf('D') } as const
    await lab.intake.accept(toBytes(one!), origin).committed
    await lab.intake.accept(forkOf(one!, other!)!.bytes, origin).committed
    const checks = await checksOf({ links: () => [] }, lab)
    const fork = checks.find(({ name }) => name === 'forks')!
    assert.equal(fork.state, 'warn')
    assert.match(fork.says, /^D has signed two histories from envelope 1 on/)
  })

  it('names a pause, held keys, and that nobody is heard or asks', async () => {
    const lab = await openLab('Lab A')
    await lab.lists.change({
      ...{ table: 'pauses', name: 'enforce' },
      row: { kind: 'enforce', reason: 'a drill', sinceMs: NOW, by: 'operator' },
    })
    const hold = { type: 1, value: '203.0.113.1', hits: 9, of: 10, atMs: NOW }
    await lab.lists.change({ table: 'holds', name: 'x', row: hold as never })
    const checks = await checksOf({ dialects: DIALECTS, links: () => [] }, lab)
    const of = (name: string) => checks.find((check) => check.name === name)!
    assert.match(of('pauses').says, /enforce is paused until resumed.*by operator: a drill/)
    assert.equal(of('pauses').mend, 'tocsin resume enforce')
    assert.match(of('sample').says, /1 keys would have met/)
    assert.match(of('members').says, /no members/)
    assert.match(of('gateways').says, /nobody has asked/)
  })
})
