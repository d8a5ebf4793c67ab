/** A log whose oldest envelopes are gone everywhere: a newcomer begins with what is left. */
import assert from 'node:assert/strict'
import { DAY_MS } from '../../src/core/limits.js'
import { hand, NOW, openLab } from '../support/lab.js'
import { until } from '../support/until.js'
import { admit, meshed, startNode, stopNodes } from './real-node.js'

describe('mesh pruned logs', () => {
  afterEach(stopNodes)

  it('are taken from their base on, and served on from there', async () => {
    const time = { now: NOW }
    const [a, author] = [await openLab('a', { time }), await openLab('author', { time })]
    await a.admit('author')
    for (let day = 0; day < 220; day += 2) {
      await author.voice.report([{ type: 'ip', value: `198.51.100.${day}`, ttl: '1d' }])
      time.now += 2 * DAY_MS
    }
    await hand(author, a)
    await a.expiry.sweep()
    const floor = a.state.floorOf(author.own)
    assert.ok(floor > 10, `floor ${floor}`)

    const old = await startNode('a', { time, lab: a })
    const newcomer = await startNode('b', { time })
    await admit(newcomer, 'author')
    await meshed(old, newcomer)
    const same = (lab: typeof a) => lab.state.logHash === a.state.logHash
    await until(() => same(newcomer.lab), { what: 'newcomer level' })
    assert.equal(newcomer.lab.state.floorOf(author.own), floor)
    const next = await startNode('c', { time })
    await admit(next, 'author')
    await meshed(newcomer, next)
    await until(() => same(next.lab), { what: 'the next one level' })
    assert.equal(next.lab.state.stateHash(time.now), a.state.stateHash(time.now))
    for (const { mesh } of [newcomer, next]) assert.equal(mesh.catchUp().missing, undefined)
  })

  it('are gone on with from their base by a node that was away for longer', async () => {
    const time = { now: NOW }
    const [a, author] = [await openLab('a', { time }), await openLab('author', { time })]
    await a.admit('author')
    const behind = await openLab('b', { time })
    await behind.admit('author')
    await author.voice.report([{ type: 'ip', value: '198.51.100.7', ttl: '1d' }])
    await hand(author, behind)
    for (let day = 0; day < 220; day += 2) {
      time.now += 2 * DAY_MS
      await author.voice.report([{ type: 'ip', value: `198.51.100.${day}`, ttl: '1d' }])
    }
    await hand(author, a)
    await a.expiry.sweep()
    const [old, late] = [
      await startNode('a', { time, lab: a }),
      await startNode('b', { time, lab: behind }),
    ]
    await meshed(old, late)
    await until(() => late.lab.state.logHash === a.state.logHash, {
      what: 'the one that was away level',
    })
    assert.equal(late.lab.state.floorOf(author.own), a.state.floorOf(author.own))
    assert.equal(late.link(old)?.counts['ignored:gap'], undefined)
  })
})
