/** From a gateway's log to what a person approves: nothing leaves by itself. */
import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { benignPrompt, filled, FRAMES } from '../support/campaign.js'
import { Fleet, run } from '../support/fleet.js'
import { Random } from '../support/random.js'

describe('detect', function () {
  this.timeout(90_000)
  const random = new Random(5)
  let fleet: Fleet
  let lab: LabProcess
  let log: string

  before(async () => {
    fleet = await Fleet.open()
    lab = await fleet.lab('Lab A')
    log = join(fleet.folder, 'requests.ndjson')
    const rows = [
      ...Array.from({ length: 800 }, (_, i) => ({
        time: new Date(Date.UTC(2026, 10, 25) + i * 1_000).toISOString(),
        account: `acme:user-${i % 90}`,
        ip: `45.3.${i % 90}.7`,
        prompt: benignPrompt(random),
      })),
      ...Array.from({ length: 120 }, (_, i) => ({
        time: new Date(Date.UTC(2026, 10, 25) + i * 30_000).toISOString(),
        account: `acme:hydra-${i % 12}`,
        ip: `45.201.1.${i % 4}`,
        ja4: 't13d1516h2_8daaf6152771_02713d6af862',
        prompt: filled(FRAMES[3], random),
      })),
    ]
    await writeFile(log, [...rows.map((row) => JSON.stringify(row)), '{"time":'].join('\n'))
  })
  after(() => fleet.close())

  it('prints what it suspects and why, and no prompt', async () => {
    const ran = await run(['detect', log])
    assert.match(ran.stdout, /^920 requests, 1 suspected campaigns$/m)
    assert.match(ran.stdout, /shared frame +120 requests by 12 accounts/)
    assert.match(ran.stdout, /shared address +45\.201\.1\.0 +3 accounts, 0 others/)
    assert.match(ran.stdout, /nothing was reported/)
    assert.match(ran.stderr, /line-malformed: 1 lines are not requests/)
    assert.ok(!/adversarially|commentary/.test(ran.stdout))
  })

  it('drafts reports that a person reads and hands on, and prompts for a sketch', async () => {
    const folder = join(fleet.folder, 'drafts')
    const ran = await run(['detect', log, '--drafts', folder])
    assert.match(ran.stdout, /drafted 17 reports/)
    const names = await readdir(folder)
    const [reports, prompts] = ['reports', 'prompts'].map((kind) =>
      join(
        folder,
        names.find((name) => name.endsWith(`.${kind}.ndjson`))!,
      ),
    )
    assert.equal((await stat(reports!)).mode & 0o777, 0o600)
    assert.equal((await lab.status())['live'], 0)
    const clear = (await readFile(reports!, 'utf8')).split('\n').filter((line) => /"ip"/.test(line))
    const approved = join(fleet.folder, 'approved.ndjson')
    await writeFile(approved, clear.join('\n'))
    const said = await fleet.cli(lab, 'report', '--file', approved, '--first-hand')
    assert.equal(said.code, 0, said.stderr)
    assert.equal((await lab.check('ip', '45.201.1.2'))['action'], 'block')
    const sketched = await fleet.cli(lab, 'sketch', prompts!, '--report')
    assert.match(sketched.stdout, /told the members/, sketched.stderr)
  })
})
