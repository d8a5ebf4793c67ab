/** What means nothing here is kept, relayed, listed with its reason and counted, and never acts. */
import assert from 'node:assert/strict'
import { decode, encode, type Cbor } from '../../src/core/canonical.js'
import { openHeader } from '../../src/core/envelope.js'
import { OPEN_FEDERATION, bytesOf } from '../../src/core/identity.js'
import { DAY_MS, LIMITS } from '../../src/core/limits.js'
import { toWire } from '../../src/core/statement.js'
import { forge } from '../support/forge.js'
import { memoryDatabase, NOW, openLab, ownOf, seedOf, type Lab } from '../support/lab.js'
import { report } from '../support/samples.js'

const until = NOW + DAY_MS
const wide = toWire(report({ type: 3, value: '0.0.0.0/1', until }))
const VOIDS: readonly (readonly [Cbor[], string, unknown, unknown])[] = [
  [wide, 'value-form', 3, '0.0.0.0/1'],
  [[9, until, 'whatever'], 'kind-unknown', undefined, undefined],
  [[9, until, 3, '198.51.100.0/24'], 'kind-unknown', 3, '198.51.100.0/24'],
  [[2, until, 77, 'x', 1, null], 'type-unknown', 77, 'x'],
  [[2, until, 1, '198.51.100.7', 99, null], 'code-unknown', 1, '198.51.100.7'],
  [[...toWire(report({ until })), 1], 'field-unknown', 1, '198.51.100.7'],
  [[4, until, 11, new Uint8Array(3).fill(0xab), null, 1], 'value-form', 11, 'ababab'],
]

/** B's log, written by hand: what its own door would never write. */
function logOf(name: string, payloads: readonly (readonly Cbor[])[]): Uint8Array[] {
  let prev: Uint8Array | null = null
  return payloads.map((statements, i) => {
    const rest = { seed: seedOf(name), networkId: OPEN_FEDERATION.networkId, time: NOW }
    const bytes = forge({ ...rest, seq: i + 1, prev, expires: until, statements })
    const [header] = decode(bytes) as unknown as [Uint8Array]
    const opened = openHeader(header)
    prev = opened.ok ? bytesOf(opened.value.id) : assert.fail(opened.code)
    return bytes
  })
}

async function tell(lab: Lab, name: string, log: readonly Uint8Array[]): Promise<void> {
  for (const bytes of log) {
    const origin = { via: 'gossip', from: ownOf(name) } as const
    assert.equal((await lab.intake.accept(bytes, origin).committed).status, 'accepted')
  }
}

describe('void statements', () => {
  it('are listed with reason, type and value, and counted against their author', async () => {
    const database = memoryDatabase()
    const lab = await openLab('a', { database })
    await lab.admit('Lab B', 'trusted', 'member', 'b')
    const log = logOf('b', [[wide, toWire(report({ until }))], VOIDS.slice(1).map(([one]) => one)])
    await tell(lab, 'b', log)
    for (const node of [lab, await openLab('a', { database })]) {
      const { entries, next } = await node.voids(undefined)
      assert.equal(next, undefined)
      assert.deepEqual(
        entries.map(({ code, type, value }) => [code, type, value]),
        VOIDS.map(([, ...expected]) => expected),
      )
      assert.deepEqual([entries[0]!.seq, entries[0]!.index, entries[1]!.seq], [1, 0, 2])
      assert.deepEqual(node.state.voids.of(ownOf('b')), {
        ...{ 'value-form': 2, 'kind-unknown': 2, 'type-unknown': 1 },
        ...{ 'code-unknown': 1, 'field-unknown': 1 },
      })
      assert.equal(node.state.claims.size, 1)
      assert.equal(node.check('ip', '10.1.2.3').action, 'allow')
      assert.equal(node.check('ip', '45.1.2.3').reasons.length, 0)
      assert.equal((await node.upkeep.verify()).ok, true)
    }
    // Relayed as they came.
    const rows = await lab.store.logRows(ownOf('b'), 1, 2, Infinity)
    const held = rows.map(({ header, signature, payload }) => encode([header, signature, payload]))
    assert.deepEqual(held.map(hex), log.map(hex))
  })

  it('are listed page by page, of one author or all', async () => {
    const lab = await openLab('a')
    for (const name of ['b', 'c']) {
      await lab.admit(`Lab ${name}`, 'corroborate', 'member', name)
      const many = Array.from({ length: 4 }, () => Array.from({ length: 200 }, () => wide))
      await tell(lab, name, logOf(name, many))
    }
    let pages = 0
    let count = 0
    let from: Parameters<typeof lab.voids>[1]
    do {
      const page = await lab.voids(undefined, from)
      pages++
      count += page.entries.length
      from = page.next
    } while (from !== undefined)
    assert.deepEqual([pages, count], [3, 1_600])
    const ofB = await lab.voids([ownOf('b')])
    assert.ok(ofB.entries.every(({ author }) => author === ownOf('b')))
    assert.deepEqual(ofB.next, { author: ownOf('b'), seq: 4 })
  })

  it('go with their payload; a rebuild brings back a row that was lost', async () => {
    const database = memoryDatabase()
    const lab = await openLab('a', { database })
    await lab.admit('Lab B', 'corroborate', 'member', 'b')
    await tell(lab, 'b', logOf('b', [[wide]]))
    const options = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const
    await database.sublevel<Buffer, Buffer>('voids', options).clear()
    const robbed = await openLab('a', { database })
    assert.deepEqual((await robbed.voids(undefined)).entries, [])
    await robbed.upkeep.rebuild()
    for (const node of [robbed, await openLab('a', { database })]) {
      assert.equal((await node.voids(undefined)).entries.length, 1)
    }
    lab.time.now += LIMITS.historyMs + 2 * DAY_MS
    await lab.expiry.sweep()
    assert.deepEqual(lab.state.voids.of(ownOf('b')), {})
    const again = await openLab('a', { database, time: lab.time })
    assert.deepEqual((await again.voids(undefined)).entries, [])
  })
})

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
