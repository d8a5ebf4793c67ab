/** A row that rots while its node runs is fetched again from a member, without a restart. */
import assert from 'node:assert/strict'
import { HOUR_MS } from '../../src/core/limits.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { hand, memoryDatabase, NOW, openLab, type Lab } from '../support/lab.js'
import { damageRow } from '../support/rot.js'
import { until } from '../support/until.js'
import { admit, meshed, startNode, stopNodes } from './real-node.js'

const QUICK: Partial<MeshTimings> = {
  reconcileMs: 50,
  beaconEveryMs: 600,
  beaconSoonMs: 60,
  beaconSpacingMs: 300,
  catchUpSpacingMs: 50,
  catchUpEveryMs: HOUR_MS,
}
const pass = (lab: Lab) => lab.scrub.pass(new AbortController().signal)

async function pair() {
  const database = memoryDatabase()
  const lab = await openLab('a', { database })
  const b = await startNode('b', { timings: QUICK })
  for (let i = 1; i <= 5; i++) await b.lab.voice.report([{ type: 'ip', value: `192.0.2.${i}` }])
  await lab.admit('b')
  await hand(b.lab, lab)
  await lab.voice.report([{ type: 'ip', value: '192.0.2.77' }])
  const a = await startNode('a', { timings: QUICK, lab })
  const level = (one: Lab, other: Lab) => one.state.logHash === other.state.logHash
  return { a, b, database, level }
}

describe('mesh mending', () => {
  afterEach(stopNodes)

  it('fetches damaged rows again, several of one log and of its own', async () => {
    const { a, b, database, level } = await pair()
    await meshed(a, b)
    await until(() => level(a.lab, b.lab), { what: 'both level' })
    // Rows of both logs, whichever comes first in the order of keys.
    for (const at of [0, 1, 2, 4]) await damageRow(database, 'headers', at, 'flip')
    await damageRow(database, 'payloads', 5, 'flip')
    const before = a.lab.state.stateHash(NOW)
    await pass(a.lab)
    // Some may be mended before the last is found.
    const named = a.lab.lines.filter(([code]) => code === 'log-broken')
    assert.equal(new Set(named.map(([, fields]) => JSON.stringify(fields))).size, 5)
    await until(() => a.lab.damage.places.size === 0, { what: 'all mended' })
    assert.equal(a.codes.includes('mesh-catch-up-failed'), false)
    await pass(a.lab)
    assert.equal(a.lab.damage.places.size, 0)
    assert.equal(a.lab.state.stateHash(NOW), before)
    assert.ok((await a.lab.upkeep.verify()).ok)
    // Nobody is charged: it was our own disk.
    for (const node of [a, b]) {
      for (const { author } of node.mesh.links()) assert.equal(node.mesh.score(author), 0)
    }
  })

  it('serves what is whole, never what is not, and mends it by the way', async () => {
    const { a, b, database, level } = await pair()
    const c = await startNode('c', { timings: QUICK })
    for (const node of [a, c]) await admit(node, 'b')
    const first = b.lab.own < a.lab.own ? 0 : 1
    await damageRow(database, 'headers', first + 3, 'flip')
    await meshed(a, c)
    await until(() => c.lab.state.heads.get(b.lab.own)?.seq === 3, { what: 'what is whole' })
    await until(() => a.lab.damage.has(b.lab.own, 4), { what: 'the rest noticed' })
    await meshed(a, b)
    await until(() => a.lab.damage.places.size === 0, { what: 'mended', timeoutMs: 20_000 })
    await until(() => level(a.lab, c.lab), { what: 'c level', timeoutMs: 20_000 })
  })
})
