/**
 * kill -9 of a node in the middle of a bulk report: nothing acknowledged is lost, nothing is there
 * twice.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { equal, Fleet, linked } from '../support/fleet.js'

const KILLS = process.env['TOCSIN_LONG'] ? 20 : 2
const CHUNK = 500

describe('kill -9 in the middle of a bulk report', function () {
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

  it(`${KILLS} times: every acknowledged line is there, none twice, all logs verify`, async () => {
    const acknowledged = new Set<string>()
    let next = 0
    for (let kill = 0; kill < KILLS; kill++) {
      // A restarted node first asks its peers for its own head: the clock runs from its first
      // answer.
      const kills = { due: false }
      let timer: NodeJS.Timeout | undefined
      while (!kills.due) {
        const values = Array.from({ length: CHUNK }, () => {
          const n = next++
          return `45.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
        })
        const items = values.map((value) => ({ type: 'ip', value }))
        const answer = await a.request('POST', '/v1/reports', items).catch(() => undefined)
        if (answer?.status !== 201) continue
        values.forEach((value) => acknowledged.add(value))
        timer ??= setTimeout(
          () => {
            kills.due = true
            void a.end('SIGKILL')
          },
          40 + ((kill * 37) % 240),
        )
      }
      await a.end('SIGKILL')
      await a.start()
    }
    await linked([a, b, c])
    await equal([a, b, c])
    assert.ok(acknowledged.size >= KILLS * CHUNK, `only ${acknowledged.size} acknowledged`)
    for (const lab of [a, b, c]) {
      const rows = await exported(fleet, lab)
      assert.equal(new Set(rows).size, rows.length, 'a line is there twice')
      const held = new Set(rows)
      const lost = [...acknowledged].filter((value) => !held.has(value))
      assert.deepEqual(lost, [])
      const verified = await fleet.cli(lab, 'verify', '--json')
      assert.equal(verified.code, 0, verified.stdout + verified.stderr)
    }
    console.log(`      ${KILLS} kills, ${acknowledged.size} lines acknowledged, 0 lost, 0 twice`)
  })

  it('the command line continues an interrupted file without reporting a line twice', async () => {
    const path = join(fleet.folder, 'interrupted.txt')
    const values = Array.from(
      { length: 40_000 },
      (_, i) => `46.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
    )
    await writeFile(path, values.join('\n'))
    const args = ['report', '--file', path, '--format', 'text', '--type', 'ip'] as const
    const interrupted = fleet.cli(a, ...args)
    setTimeout(() => void a.end('SIGKILL'), 900)
    assert.notEqual((await interrupted).code, 0)
    await a.end('SIGKILL')
    await a.start()
    const continued = await fleet.cli(a, ...args)
    assert.equal(continued.code, 0, continued.stderr)
    await equal([a, b, c])
    const rows = (await exported(fleet, b)).filter((value) => value.startsWith('46.'))
    assert.equal(rows.length, values.length)
    assert.equal(new Set(rows).size, values.length)
    const heads = (await a.status())['heads'] as Record<string, number>
    const again = await fleet.cli(a, ...args)
    assert.equal(again.code, 0)
    assert.deepEqual((await a.status())['heads'], heads)
  })
})

async function exported(fleet: Fleet, lab: LabProcess): Promise<string[]> {
  const { stdout, code, stderr } = await fleet.cli(lab, 'export', '--format', 'ndjson')
  assert.equal(code, 0, stderr)
  const lines = stdout.split('\n').filter((line) => line !== '')
  return lines.map((line) => (JSON.parse(line) as { value: string }).value)
}
