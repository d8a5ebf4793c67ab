/** A relay that passes an author's beacons on and keeps its envelopes to itself. */
import assert from 'node:assert/strict'
import { toBytes } from '../../src/core/envelope.js'
import { authorOf, bytesOf } from '../../src/core/identity.js'
import { HOUR_MS } from '../../src/core/limits.js'
import type { Accept } from '../../src/core/ports.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { until } from '../support/until.js'
import { Lab, introduce } from './lab.js'

const QUICK: Partial<MeshTimings> = {
  reconcileMs: 50,
  beaconEveryMs: 600,
  beaconSoonMs: 60,
  beaconSpacingMs: 300,
  beaconFreshMs: 3_000,
  // Nothing but a beacon leads to a catch-up here.
  catchUpEveryMs: HOUR_MS,
}

/** Takes nothing of an author, as if it had never come. */
function withhold(relay: Lab, author: Lab): void {
  const { accept } = relay.log
  const key = Buffer.from(bytesOf(author.author))
  const deaf: Accept = (bytes, origin) => {
    if (!Buffer.from(bytes).includes(key)) return accept(bytes, origin)
    const outcome = { status: 'ignored', code: 'quota' } as const
    return { judged: outcome, committed: Promise.resolve(outcome) }
  }
  Object.assign(relay.log, { accept: deaf })
}

describe('mesh withholding', () => {
  afterEach(() => Lab.stopAll())

  it('is revealed by a beacon and repaired through another path', async () => {
    const start = () => Lab.start({ timings: QUICK })
    const [author, relay, reader, other] = [
      await start(),
      await start(),
      await start(),
      await start(),
    ]
    await relay.down()
    withhold(relay, author)
    await relay.up()
    // author — relay — reader — other
    introduce(author, relay)
    introduce(relay, reader)
    introduce(reader, other)
    author.admit(reader, { dial: false })
    reader.admit(author, { dial: false })
    other.admit(author, { dial: false })
    const idle = (lab: Lab) =>
      lab.mesh.catchUp().running === 0 && lab.mesh.catchUp().lastMs !== undefined
    await until(() => relay.isUp(author) && reader.isUp(relay) && reader.isUp(other))
    await until(() => idle(reader) && idle(other) && reader.link(author)?.current === true)

    const envelopes = [author.write(), author.write(), author.write()]
    for (const envelope of envelopes) await author.mesh.publish(toBytes(envelope))
    await until(() => reader.link(author)?.current === false)
    await until(() => reader.mesh.catchUp().missing?.[0]?.envelopes === 3)
    assert.equal(reader.mesh.catchUp().missing![0]!.author, author.author)
    assert.equal(reader.log.seq(author.author), 0)
    await until(() => reader.count('mesh-member-current', { current: false }) > 0)

    // It gets there by some other way; reader is told nothing.
    for (const envelope of envelopes) {
      other.log.accept(toBytes(envelope), { via: 'catch-up', from: authorOf(new Uint8Array(32)) })
    }
    await until(() => reader.holds(envelopes.at(-1)!))
    await until(() => reader.link(author)?.current === true)
    assert.equal(reader.mesh.catchUp().missing, undefined)
    const { origin } = reader.log.arrivals.at(-1)!
    assert.deepEqual(origin, { via: 'catch-up', from: other.author })
    // Nobody is charged: it may have been any fault between here and there.
    assert.equal(reader.mesh.score(relay.author), 0)
  })
})
