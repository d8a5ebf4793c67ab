/**
 * The main job: three labs, one mesh, verdicts from a feed. The short form uses the disposable
 * e-mail domains of the npm package and made-up addresses; with TOCSIN_FEEDS naming a folder that
 * holds `ipsum.txt` and `disposable-email-domains.txt` it runs on those (the long form).
 */
import assert from 'node:assert/strict'
import { writeFile, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { until } from '../../src/cli/lab-process.js'
import { equal, Fleet } from '../support/fleet.js'

const feeds = process.env['TOCSIN_FEEDS']

/**
 * Addresses outside every special-purpose range, with two that are guarded and one that is no
 * address.
 */
function madeUpAddresses(count: number): string[] {
  const lines = Array.from(
    { length: count },
    (_, i) => `45.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}\t3`,
  )
  lines.splice(100, 0, '127.0.0.1\t1', '10.1.2.3\t1', '300.1.2.3\t1')
  return ['# a comment', ...lines]
}

/** The rows a node writes for one indicator, without the node: what the disk alone can do. */
async function rawRowsPerSecond(indicators: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-raw-'))
  const level = new Level<Buffer, Buffer>(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
  })
  await level.open()
  const started = performance.now()
  for (let i = 0; i < indicators; i += 500) {
    const batch = level.batch()
    for (let j = i; j < Math.min(i + 500, indicators); j++) {
      const key = Buffer.alloc(50)
      key.writeUInt32BE(Math.imul(j, 2654435761) >>> 0, 0)
      key.writeUInt32BE(j, 4)
      batch.put(key, Buffer.alloc(46, j & 255)) // the claim row; the rest is per envelope
    }
    await batch.write({ sync: true } as object)
  }
  const perSecond = (indicators / (performance.now() - started)) * 1_000
  await level.close()
  await rm(folder, { recursive: true, force: true })
  return perSecond
}

describe('first light: three labs, one mesh', function () {
  this.timeout(600_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess, c: LabProcess

  before(async () => {
    fleet = await Fleet.open()
    ;[a, b, c] = (await fleet.mesh('Lab A', 'Lab B', 'Lab C')) as [
      LabProcess,
      LabProcess,
      LabProcess,
    ]
  })
  after(() => fleet.close())

  it('a feed of addresses and one of domains end as the same live set everywhere', async () => {
    let addresses = feeds && join(feeds, 'ipsum.txt')
    let domains = feeds && join(feeds, 'disposable-email-domains.txt')
    if (!addresses || !domains) {
      addresses = join(fleet.folder, 'addresses.txt')
      domains = join(fleet.folder, 'domains.txt')
      const list = createRequire(import.meta.url)('disposable-email-domains') as string[]
      await writeFile(addresses, madeUpAddresses(20_000).join('\n'))
      await writeFile(domains, list.slice(0, 3_000).join('\n'))
    }
    const file = (path: string, type: string) =>
      fleet.cli(a, 'report', '--file', path, '--format', 'text', '--type', type, '--first-hand')
    const started = performance.now()
    const first = await file(addresses, 'ip')
    const ms = performance.now() - started
    const second = await file(domains, 'email-domain')
    const lag = await equal([a, b, c], 120_000)
    const status = await a.status()
    const live = status['live'] as number
    const byType = status['byType'] as Record<string, number>
    const raw = await rawRowsPerSecond(byType['net.ipv4']!)
    const rate = (byType['net.ipv4']! / ms) * 1_000
    console.log(
      `      ${byType['net.ipv4']} addresses in ${ms.toFixed(0)} ms: ${rate.toFixed(0)}/s ` +
        `through the command line, raw LevelDB batch of the same rows ${raw.toFixed(0)}/s, ` +
        `ratio ${(rate / raw).toFixed(2)}; ` +
        `${live} live; others equal ${lag.toFixed(0)} ms after the second file`,
    )
    assert.equal(first.code, feeds ? 0 : 1, first.stderr) // one made-up line is no address
    if (!feeds) {
      assert.match(first.stdout + first.stderr, /guarded/)
      assert.match(first.stdout + first.stderr, /ipv4-malformed/)
      assert.equal(byType['net.ipv4'], 20_000)
    }
    assert.match(second.stdout + second.stderr, /accepted/)
    assert.deepEqual((await b.status())['heads'], status['heads'])
    assert.deepEqual((await c.status())['heads'], status['heads'])
    assert.ok(live > 20_000)
  })

  it('the same file again writes nothing', async () => {
    const path = join(fleet.folder, 'again.txt')
    await writeFile(path, madeUpAddresses(2_000).join('\n'))
    const args = [
      'report',
      '--file',
      path,
      '--format',
      'text',
      '--type',
      'ip',
      '--second-hand',
    ] as const
    await fleet.cli(a, ...args)
    const before = (await a.status())['heads']
    await fleet.cli(a, ...args)
    await fleet.cli(a, ...args, '--again')
    assert.deepEqual((await a.status())['heads'], before)
  })

  it('a check names the lab, its confidence and the expiry', async () => {
    await a.request('POST', '/v1/reports', {
      type: 'ip',
      value: '203.0.113.50',
      confidence: 77,
      ttl: '3h',
    })
    await until(
      'C acts',
      async () => (await c.check('ip', '203.0.113.50'))['action'] === 'throttle',
    )
    const { reasons } = (await c.check('ip', '203.0.113.50')) as {
      reasons: { member: string; confidence: number; validUntil: string }[]
    }
    assert.equal(reasons.length, 1)
    assert.equal(reasons[0]!.member, 'Lab A')
    assert.equal(reasons[0]!.confidence, 77)
    const left = Date.parse(reasons[0]!.validUntil) - Date.now()
    assert.ok(left > 2.9 * 3_600_000 && left <= 3 * 3_600_000)
    const cli = await fleet.cli(c, 'check', 'ip', '203.0.113.50')
    assert.match(cli.stdout, /throttle/)
    assert.match(cli.stdout, /Lab A/)
  })

  it('one lab throttles, two block, a revoke is gone everywhere', async () => {
    const ip = '203.0.113.60'
    const becomes = (action: string) =>
      until(action, async () => {
        const all = await Promise.all([a, b, c].map((lab) => lab.check('ip', ip)))
        return all.slice(1).every((verdict) => verdict['action'] === action)
      })
    await a.request('POST', '/v1/reports', { type: 'ip', value: ip })
    await becomes('throttle')
    await b.request('POST', '/v1/reports', { type: 'ip', value: ip })
    await becomes('block')
    assert.equal((await a.check('ip', ip))['action'], 'block')
    const revoke = (lab: LabProcess) =>
      fleet.cli(lab, 'revoke', 'ip', ip, '--reason', 'false-positive')
    const byC = await revoke(c)
    assert.equal(byC.code, 1)
    assert.match(byC.stderr, /not-ours/)
    assert.equal((await revoke(b)).code, 0)
    await until('C throttles again', async () => (await c.check('ip', ip))['action'] === 'throttle')
    assert.equal((await revoke(a)).code, 0)
    await becomes('allow')
    const again = await revoke(a)
    assert.equal(again.code, 0)
    assert.match(again.stdout, /duplicate|already/)
    const never = await fleet.cli(a, 'revoke', 'ip', '203.0.113.61', '--reason', 'legal')
    assert.equal(never.code, 1)
    assert.match(never.stderr, /nothing-to-revoke/)
    await a.request('POST', '/v1/reports', { type: 'ip', value: ip })
    await becomes('throttle')
  })

  it('a removed member is cut within a second and stops acting in the same step', async () => {
    const ip = '203.0.113.70'
    await a.request('POST', '/v1/reports', { type: 'ip', value: ip })
    await until('C acts', async () => (await c.check('ip', ip))['action'] === 'throttle')
    const removed = await fleet.cli(c, 'members', 'remove', 'Lab A', '--yes')
    assert.equal(removed.code, 0, removed.stderr)
    assert.equal((await c.check('ip', ip))['action'], 'allow')
    const links = async (lab: LabProcess) =>
      (await lab.request('GET', '/v1/peers')).body['peers'] as { member: string; link: string }[]
    const ms = await until('A sees the link cut', async () =>
      (await links(a)).some((peer) => peer.member === 'Lab C' && peer.link !== 'up'),
    )
    assert.ok(ms < 1_000, `${ms} ms`)
    await c.admit(a)
    await until('C acts again', async () => (await c.check('ip', ip))['action'] === 'throttle')
    await equal([a, b, c])
  })

  it('a node that was away and one that joins late end with the same log', async () => {
    await b.end()
    await a.request('POST', '/v1/reports', { type: 'ip', value: '203.0.113.80' })
    await b.start()
    const late = await fleet.lab('Lab D')
    for (const lab of [a, b, c]) {
      await lab.admit(late)
      await late.admit(lab)
    }
    await equal([a, b, c, late], 60_000)
    assert.equal((await late.check('ip', '203.0.113.80'))['action'], 'throttle')
  })

  it('every log verifies, running and stopped', async () => {
    for (const lab of [a, b, c]) {
      const running = await fleet.cli(lab, 'verify', '--json')
      assert.equal(running.code, 0, running.stdout + running.stderr)
      assert.equal((JSON.parse(running.stdout) as { ok: boolean }).ok, true)
    }
    await c.end()
    const stopped = await fleet.cli(c, 'verify')
    assert.equal(stopped.code, 0, stopped.stderr)
    assert.equal((await fleet.cli(c, 'rebuild')).code, 0)
    await c.start()
    await equal([a, b, c])
  })
})
