/** The short form of every soak; the long ones are `npm run soak NAME`. */
import assert from 'node:assert/strict'
import { TIMINGS } from '../../src/mesh/timings.js'
import { catchUp } from './catch-up.js'
import { crash } from './crash.js'
import { disk } from './disk.js'
import { distrust } from './distrust.js'
import { exchange } from './exchange.js'
import { fds } from './fds.js'
import { loss } from './loss.js'
import { partition } from './partition.js'
import { past } from './past.js'
import { power } from './power.js'
import { receipts } from './receipts.js'
import { retraction } from './retraction.js'
import { rot } from './rot.js'
import { silence } from './silence.js'
import { sketches } from './sketches.js'
import { splitView } from './split-view.js'

const seed = Number(process.env['SEED'] ?? 20261123)
const msMax = 60_000

describe(`soak, short (SEED=${seed})`, function () {
  this.timeout(120_000)

  it('10 kill -9 at any moment', async () => {
    const figures = await crash({ kills: 10, seed, msMax })
    assert.equal(figures['kills'], 10)
    assert.ok(Number(figures['ownReports']) > 0)
  })

  it('a TAXII client that dies in the middle, 40 stories', async () => {
    const figures = await exchange({ rounds: 1, stories: 40, seed, msMax })
    assert.equal(figures['stories'], 40)
    assert.ok(Number(figures['told']) > 100)
  })

  it('10 power cuts', async () => {
    assert.equal((await power({ cuts: 10, seed, msMax }))['cuts'], 10)
  })

  it('30 bytes that flip, three of them mended by a real peer', async () => {
    const figures = await rot({ flips: 30, peered: 3, seed, msMax })
    assert.deepEqual([figures['flips'], figures['refetched from a peer']], [30, 3])
  })

  it('a full disk, twice', async () => {
    assert.equal((await disk({ times: 2, seed, msMax }))['times'], 2)
  })

  it('a node that was away and one that is new catch up', async () => {
    const figures = await catchUp({ away: 3_000, newcomer: 6_000, lone: 200 }, seed)
    console.table(figures)
    assert.ok(figures.awayBytesRatio > 0.9 && figures.awayBytesRatio <= 1.05)
  })

  it('a retraction replayed 20,000 times', async () => {
    assert.equal((await retraction({ seed, replays: 20_000 }))['replays'], 20_000)
  })

  it('two members who collude are distrusted at 40,000 claims', async () => {
    assert.ok(Number((await distrust({ seed, claims: 40_000 }))['unblockedMs']) < 1_000)
  })

  it('10,000 prompts and sketches of any kind', () => {
    const figures = sketches({ seed, prompts: 10_000, sketches: 10_000 })
    assert.ok(Number(figures['read']) > 5_000 && Number(figures['refused']) > 1_000)
  })

  it('20,000 look-ups send 0 bytes to the other member', async () => {
    console.table(await silence({ seed, lookUps: 20_000, window: 2_000 }))
  })

  it('1,000 look-ups explained as of when they were made', async () => {
    console.table(await past({ seed, steps: 400, pairs: 1_000, msMax }))
  })

  it('all members’ receipts of a revocation, 5 nodes', async () => {
    await receipts({ nodes: 5, rounds: 3 })
  })

  it('5 nodes that lose 30 % of all packets', async () => {
    const figures = await loss({ nodes: 5, reports: 200, perSecond: 100 })
    console.table(figures)
    assert.ok(Math.abs(Number(figures['lostPercent']) - 30) < 5)
  })

  it('5 nodes cut into 3 and 2', async () => {
    const figures = await partition({ nodes: 5, here: 3, reports: 100, perSecond: 100 })
    console.table(figures)
    assert.ok(Number(figures['dropped']) > 0)
  })

  it('5 nodes of which some have heard another history', async () => {
    const quick = { beaconEveryMs: 3_000, beaconSoonMs: 60, beaconSpacingMs: 300 }
    console.table(await splitView({ nodes: 5, timings: { ...TIMINGS, ...quick } }))
  })

  it('no file descriptor left, twice', async () => {
    assert.equal((await fds({ times: 2, seed, msMax }))['times'], 2)
  })
})
