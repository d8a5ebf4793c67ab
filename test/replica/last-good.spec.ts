/** What a replica keeps on disk: a start without a network, and no way back to an older state. */
import assert from 'node:assert/strict'
import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Replica } from '../../src/replica/replica.js'
import { followed, until, type Followed } from './followed.js'

const ask = { type: 'ip', value: '198.51.100.7' }

describe('replica: last good copy', () => {
  let here: Followed
  let dir: string
  beforeEach(async () => {
    here = await followed()
    dir = join(here.folder, 'replica')
    await here.api.lab.voice.report([{ ...ask, ttl: '24h' }])
  })
  afterEach(() => here.stop())

  const offline = async (more: object = {}) => {
    const errors: string[] = []
    const replica = await here.follow({ mode: 'offline', store: { dir }, ...more })
    return { replica, errors }
  }
  const level = async (): Promise<Replica> => {
    const replica = await here.follow({ store: { dir } })
    await here.level(replica)
    return replica
  }
  const file = () => join(dir, 'snapshot')

  it('starts without a network, with its true age', async () => {
    await (await level()).close()
    here.api.lab.time.now += 90_000
    const { replica } = await offline()
    const verdict = replica.check(ask)
    assert.deepEqual([verdict.action, verdict.freshness, verdict.ageMs], ['block', 'stale', 90_000])
    assert.deepEqual(replica.health(), { live: true, ready: true, fresh: false })
  })

  it('then goes on from where it was, without a second snapshot', async () => {
    await (await level()).close()
    await here.api.lab.voice.report([{ type: 'ip', value: '198.51.100.8' }])
    const replica = await level()
    assert.equal(replica.status().snapshots, 0)
    assert.equal(replica.check({ type: 'ip', value: '198.51.100.8' }).action, 'block')
  })

  it('after half a percent has changed fetches a hundredth of the snapshot', async () => {
    const { lab } = here.api
    const report = async (from: number, count: number) => {
      const items = Array.from({ length: count }, (_, i) => from + i).map((n) => ({
        type: 'ip',
        value: `45.${n >> 16}.${(n >> 8) & 255}.${n & 255}`,
      }))
      for (let i = 0; i < count; i += 1_000) await lab.voice.report(items.slice(i, i + 1_000))
    }
    await report(0, 60_000)
    await (await level()).close()
    const { size } = await stat(file())
    await report(60_000, 300)
    const replica = await level()
    const { bytes, snapshots } = replica.status()
    assert.equal(snapshots, 0)
    assert.ok(bytes <= size / 100, `${bytes} of ${size}`)
    assert.equal(replica.check({ type: 'ip', value: '45.0.235.139' }).action, 'block')
  }).timeout(60_000)

  it('an older file of its own is refused as a rollback', async () => {
    await (await level()).close()
    await copyFile(file(), `${file()}.old`)
    await here.api.lab.voice.revoke([{ ...ask, reason: 'false-positive' }])
    const second = await level()
    await second.close()
    await copyFile(`${file()}.old`, file())
    const { replica } = await offline()
    assert.equal(replica.state(), 'INITIALIZING')
    assert.equal(replica.status().lastError, 'rollback-refused')
    const third = await level()
    assert.equal(third.check(ask).action, 'allow')
  })

  it('so is a node that went back, unless a reason is given', async () => {
    const { lab } = here.api
    await lab.voice.report([{ type: 'ip', value: '198.51.100.9' }])
    await (await level()).close()
    const mark = join(dir, 'high-water')
    const [node, seen] = (await readFile(mark, 'utf8')).split('\n')
    const [epoch, number] = seen!.split(':')
    await writeFile(mark, `${node}\n${epoch}:${Number(number) + 5}\n-\n`)
    await writeFile(file(), '')
    const refused = await here.follow({ store: { dir } })
    await until('it is refused', () => refused.status().lastError === 'rollback-refused')
    assert.equal(refused.state(), 'INITIALIZING')
    await refused.close()
    const allowed = await here.follow({ store: { dir }, allowRollback: 'restored on purpose' })
    await here.level(allowed)
  })

  it('damage anywhere is noticed; the network has a good one', async () => {
    await (await level()).close()
    const good = await readFile(file())
    for (let at = 0; at < good.length; at += Math.ceil(good.length / 60)) {
      const bad = Buffer.from(good)
      bad[at]! ^= 1 << (at % 8)
      await writeFile(file(), bad)
      const { replica } = await offline()
      assert.equal(replica.state(), 'INITIALIZING', `byte ${at}`)
      assert.match(replica.status().lastError ?? '', /^snapshot-/)
      await replica.close()
    }
    for (const length of [0, 10, good.length >> 1, good.length - 1]) {
      await writeFile(file(), good.subarray(0, length))
      const { replica } = await offline()
      assert.equal(replica.state(), 'INITIALIZING', `${length} bytes`)
      await replica.close()
    }
    await level()
  })

  it('one that a newer version wrote is refused by name; the network has one of ours', async () => {
    await (await level()).close()
    const ours = await readFile(file(), 'latin1')
    assert.ok(ours.startsWith('tocsin/1/snapshot\0'))
    await writeFile(file(), ours.replace('tocsin/1/', 'tocsin/2/'), 'latin1')
    const { replica } = await offline()
    assert.equal(replica.state(), 'INITIALIZING')
    assert.equal(replica.status().lastError, 'snapshot-version-unknown')
    await level()
  })

  it('a bootstrap file stands in where there is none', async () => {
    await (await level()).close()
    const filePath = join(here.folder, 'bootstrap')
    await copyFile(file(), filePath)
    const replica = await here.follow({ mode: 'offline', bootstrap: { filePath } })
    assert.equal(replica.check(ask).action, 'block')
  })
})
