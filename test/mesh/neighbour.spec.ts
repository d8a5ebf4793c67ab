/** The life of a link, told by the clock. */
import assert from 'node:assert/strict'
import { peerIdFromString } from '@libp2p/peer-id'
import { authorOf, peerNameOf } from '../../src/core/identity.js'
import { publicKeyOf } from '../../src/core/signature.js'
import { Neighbour } from '../../src/mesh/neighbour.js'
import { TIMINGS } from '../../src/mesh/timings.js'

const author = authorOf(publicKeyOf(new Uint8Array(32).fill(1)))
const peer = peerIdFromString(peerNameOf(author))
const make = (patienceMs = 0) => new Neighbour(author, peer, TIMINGS, 0, patienceMs)

/** First moment at which a dial is due after `now`. */
function nextDial(neighbour: Neighbour, now: number): number {
  for (let at = now; at < now + 60_000; at += 10) if (neighbour.dialIsDue(at)) return at
  throw new Error('never')
}

describe('mesh neighbour', () => {
  it('is dialled for ever, ever more slowly and never later than the longest wait', () => {
    const neighbour = make(200)
    let now = nextDial(neighbour, 0)
    assert.equal(now, 200)
    for (let i = 0; i < 200; i++) {
      neighbour.dialStarts()
      assert.equal(neighbour.dialIsDue(now), false)
      neighbour.dialEnds(now, 'failed')
      const next = nextDial(neighbour, now)
      assert.ok(next - now <= TIMINGS.redialMsMax + 10)
      if (i > 8) assert.ok(next - now >= TIMINGS.redialMsMax / 2)
      now = next
    }
    assert.equal(neighbour.link, 'down')
  })

  it('is up when subscribed, and starts from the shortest wait when lost', () => {
    const neighbour = make()
    for (let i = 0; i < 6; i++) neighbour.dialEnds(0, 'failed')
    assert.equal(neighbour.observe(0, true, false), undefined)
    assert.equal(neighbour.link, 'down')
    assert.equal(neighbour.observe(10, true, true), 'up')
    assert.equal(neighbour.link, 'up')
    assert.equal(neighbour.observe(20, true, true), undefined)
    assert.equal(neighbour.observe(30, false, false), 'lost')
    assert.ok(nextDial(neighbour, 30) <= 30 + TIMINGS.redialMsMin)
  })

  it('is refused when cut right after connecting, twice', () => {
    const neighbour = make()
    for (const [at, link] of [
      [0, 'down'],
      [5_000, 'refused'],
    ] as const) {
      neighbour.dialStarts()
      neighbour.dialEnds(at, 'connected')
      neighbour.observe(at + 50, false, false)
      assert.equal(neighbour.link, link)
    }
    neighbour.dialEnds(9_000, 'failed')
    assert.equal(neighbour.link, 'down', 'nobody listens there: not a refusal')
    neighbour.dialEnds(9_000, 'cut')
    neighbour.dialEnds(9_500, 'cut')
    assert.equal(neighbour.link, 'refused')
    neighbour.readdressed(9_600)
    assert.equal(neighbour.link, 'down')
    assert.ok(neighbour.dialIsDue(9_600))
  })

  it('is reset when deaf for long or when three pings in a row are lost', () => {
    const neighbour = make()
    neighbour.observe(0, true, false)
    assert.equal(neighbour.probeIsDue(TIMINGS.probeMs), true)
    assert.equal(neighbour.probeIsDue(TIMINGS.probeMs), false, 'once per connection')
    assert.equal(neighbour.resetIsDue(TIMINGS.watchdogMs - 1), false)
    assert.equal(neighbour.resetIsDue(TIMINGS.watchdogMs), true)
    neighbour.observe(20_000, true, true)
    assert.equal(neighbour.pingIsDue(20_000), true)
    assert.equal(neighbour.pingIsDue(20_001), false)
    neighbour.pinged(undefined)
    neighbour.pinged(undefined)
    neighbour.pinged(7)
    assert.equal(neighbour.lagMs, 7)
    for (let i = 0; i < 3; i++) neighbour.pinged(undefined)
    assert.equal(neighbour.resetIsDue(20_002), true)
  })

  it('of another network is named and not reset', () => {
    const neighbour = make()
    neighbour.observe(0, true, false)
    neighbour.isForeign()
    assert.equal(neighbour.link, 'wrong-network')
    assert.equal(neighbour.resetIsDue(60_000), false)
    neighbour.observe(70_000, true, true)
    assert.equal(neighbour.link, 'up')
  })
})
