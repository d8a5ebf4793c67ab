/** Lines that break off, lose, double, swap and hold back: a copy ends level, or says its age. */
import assert from 'node:assert/strict'
import { encode } from '../../src/core/canonical.js'
import { MINUTE_MS } from '../../src/core/limits.js'
import { openLab, hand } from '../support/lab.js'
import { Random } from '../support/random.js'
import { followed, until, type Followed } from './followed.js'
import { unrulyLine, type UnrulyLine } from './unruly-line.js'

/** As a later version may write it: what follows its number is not ours to read. */
const NEWER_MARK = JSON.stringify(
  Buffer.from(encode([encode([2, 'of another shape']), new Uint8Array(64)])).toString('base64'),
)
const SEED = Number(process.env['SEED'] ?? 5)

describe(`replica: faults (SEED=${SEED})`, () => {
  let here: Followed
  let line: UnrulyLine
  beforeEach(async () => {
    here = await followed()
    line = await unrulyLine(here.api.address)
  })
  afterEach(async () => {
    await line.stop()
    await here.stop()
  })

  const report = async (from: number, count: number) => {
    const items = Array.from({ length: count }, (_, i) => ({
      type: 'ip',
      value: `45.${(from + i) >> 16}.${((from + i) >> 8) & 255}.${(from + i) & 255}`,
    }))
    await here.api.lab.voice.report(items)
  }

  it('a snapshot cut at every tenth goes on where it broke off', async () => {
    await report(0, 5_000)
    let tenth = 1
    let length = 0
    let sent = 0
    line.misrule.cutAfter = (left) => {
      if (length === 0) length = left
      if (tenth > 9) return undefined
      const upTo = Math.floor((length * tenth++) / 10)
      const cut = upTo - sent
      sent = upTo
      return cut
    }
    const replica = await here.follow({ url: line.url })
    await here.level(replica)
    const snapshots = line.asked.filter(({ path }) => path === '/v1/snapshot')
    assert.equal(snapshots.length, 10)
    assert.ok(snapshots.slice(1).every(({ headers }) => headers['if-range'] !== undefined))
    const { bytes } = replica.status()
    assert.ok(bytes < length * 1.02, `${bytes} of ${length}`)
    assert.equal(replica.check({ type: 'ip', value: '45.0.1.1' }).action, 'block')
  }).timeout(60_000)

  it('a tenth of the deltas dropped, doubled or swapped ends in the same hash', async () => {
    const chance = new Random(SEED)
    const faults = { dropped: 0, doubled: 0, swapped: 0 }
    let held: string | undefined
    let pages = 0
    line.misrule.events = (events) =>
      events.flatMap((event) => {
        if (!event.startsWith('event: change')) return [event]
        pages++
        if (held !== undefined) {
          const late = held
          held = undefined
          return [event, late]
        }
        const roll = (chance.word() / 2 ** 32) * 30
        if (roll >= 3) return [event]
        if (roll < 1) return (faults.dropped++, [])
        if (roll < 2) return (faults.doubled++, [event, event])
        faults.swapped++
        held = event
        return []
      })
    const replica = await here.follow({ url: line.url })
    await here.level(replica)
    for (let i = 0; i < 150; i++) {
      await report(10_000 + i * 3, 3)
      // Each a page of its own, as far as the line lets it through.
      if (i % 3 === 0) await until('a page is on its way', () => pages > i / 3)
    }
    const faulty = faults.dropped + faults.doubled + faults.swapped
    assert.ok(faulty > 4, JSON.stringify(faults))
    await here.level(replica)
    const { snapshots, reconnects } = replica.status()
    assert.equal(snapshots, 1)
    // What was doubled needs none; of what was dropped or swapped each needs one at the most.
    assert.ok(
      reconnects <= faults.dropped + faults.swapped,
      `${reconnects} ${JSON.stringify(faults)}`,
    )
  }).timeout(60_000)

  it('a node whose feed is newer is refused by name, and the copy goes on answering', async () => {
    await report(0, 1)
    const replica = await here.follow({ url: line.url })
    await here.level(replica)
    line.misrule.events = (events) =>
      events.map((event) =>
        event.startsWith('event: mark') ? event.replace(/data: .*/, `data: ${NEWER_MARK}`) : event,
      )
    line.cutAll()
    await until('it is told', () => replica.status().lastError === 'mark-version-unknown')
    assert.equal(replica.check({ type: 'ip', value: '45.0.0.0' }).action, 'block')
    delete line.misrule.events
    line.cutAll()
    await here.level(replica)
    await until('all is well', () => replica.status().lastError === undefined)
  }).timeout(60_000)

  it('a feed that stands still is stale on time; old marks freshen nothing', async () => {
    const { lab } = here.api
    await report(0, 1)
    const told: string[] = []
    const replica = await here.follow({
      url: line.url,
      freshness: { staleAfter: '60s', expireAfter: '10m' },
    })
    for (const name of ['stale', 'expired', 'recovered'] as const)
      replica.on(name, () => told.push(name))
    await here.level(replica)
    let last: string | undefined
    line.misrule.events = (events) => {
      last ??= events.find((event) => event.startsWith('event: mark'))
      // A relay that replays what the node once signed.
      return events.map((event) => (event.startsWith('event: mark') ? (last ?? event) : event))
    }
    await report(1, 1)
    await here.level(replica)
    await until('a mark has come', () => last !== undefined)
    const seen = lab.time.now
    lab.time.now = seen + MINUTE_MS - 1
    assert.equal(replica.state(), 'FRESH')
    lab.time.now = seen + MINUTE_MS
    assert.equal(replica.state(), 'STALE')
    assert.equal(replica.check({ type: 'ip', value: '45.0.0.0' }).action, 'block')
    await until('it is told', () => told.includes('stale'))
    lab.time.now = seen + 10 * MINUTE_MS
    const verdict = replica.check({ type: 'ip', value: '45.0.0.0' })
    assert.deepEqual(
      [verdict.action, verdict.reason, verdict.freshness, verdict.wouldBe],
      ['challenge', 'DEGRADED_RULE', 'expired', 'block'],
    )
    delete line.misrule.events
    line.cutAll()
    await until('it is fresh again', () => replica.state() === 'FRESH')
    await until('it is told', () => told.includes('recovered'))
  }).timeout(60_000)

  it('a log that turns out to have forked takes its claims back, by a new snapshot', async () => {
    const { lab } = here.api
    const b = await openLab('Lab B')
    const twin = await openLab('Lab B')
    await lab.admit('Lab B', 'trusted')
    await b.voice.report([{ type: 'ip', value: '45.1.1.1' }])
    await twin.voice.report([{ type: 'ip', value: '45.1.1.2' }])
    await hand(b, lab)
    const replica = await here.follow({ url: line.url })
    await here.level(replica)
    assert.notEqual(replica.check({ type: 'ip', value: '45.1.1.1' }).action, 'allow')
    const rows = await twin.store.logRows(twin.own, 1, 9, Infinity)
    const { toBytes } = await import('../../src/core/envelope.js')
    const origin = { via: 'gossip', from: b.own } as const
    await Promise.all(rows.map((row) => lab.intake.accept(toBytes(row), origin).committed))
    await until('the fork is known', () => lab.state.forks.size === 1)
    await here.level(replica)
    assert.equal(replica.check({ type: 'ip', value: '45.1.1.1' }).action, 'allow')
    assert.equal(replica.status().snapshots, 2)
  })
})
