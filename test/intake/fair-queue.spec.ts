/** Who waits behind whom. */
import assert from 'node:assert/strict'
import { FairQueue } from '../../src/intake/fair-queue.js'

const MIB = 1024 * 1024

function drain(queue: FairQueue<string>): string[] {
  return Array.from({ length: queue.size }, () => queue.shift()!)
}

describe('fair queue', () => {
  it('takes forwarders in turn, and of one forwarder its authors', () => {
    const queue = new FairQueue<string>(MIB)
    for (const item of ['f1', 'f2', 'f3', 'f4']) queue.push('flooder', 'flooder', item, 300)
    queue.push('relay', 'flooder', 'r1', 300)
    queue.push('relay', 'flooder', 'r2', 300)
    queue.push('relay', 'quiet', 'q1', 300)
    queue.push('quiet', 'quiet', 'q2', 300)
    assert.deepEqual(drain(queue), ['f1', 'r1', 'q2', 'f2', 'q1', 'f3', 'r2', 'f4'])
    assert.equal(queue.shift(), undefined)
  })

  it('holds of each forwarder its share, and lets the others in', () => {
    const queue = new FairQueue<string>(MIB)
    const fill = (from: string) => {
      let held = 0
      while (queue.push(from, from, from, 64 * 1024)) held++
      return held
    }
    const alone = fill('flooder')
    assert.equal(alone, Math.floor(MIB / (65 * 1024)))
    assert.ok(fill('second') >= Math.floor(alone / 2))
    assert.ok(fill('third') >= Math.floor(alone / 3))
    drain(queue)
    assert.equal(fill('flooder'), alone)
  })
})
