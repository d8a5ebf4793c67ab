/** `policy`, `pause` and `resume` as a person types them, against a real API over a lab. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { tocsin } from '../support/command.js'

describe('cli: policy and pauses', () => {
  let folder: string
  let api: Api
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'tocsin-cli-'))))
  after(() => rm(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    api = await openApi()
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
  })
  afterEach(() => api.stop())
  const cli = (...args: string[]) => tocsin(['--data', folder, ...args])

  it('policy: show, test and apply, with every mistake on a line', async () => {
    await cli('report', 'ip', '198.51.100.7')
    const path = join(folder, 'policy.yaml')
    await writeFile(path, 'types: {ip: {together: throttle}}\nshadow: {members: [Lab X]}\n')
    const tried = await cli('policy', 'test', path)
    assert.match(tried.out, /^1 live value judged, 1 would turn\n {2}block → throttle {2}1 {2}net/)
    assert.match(
      tried.out,
      /for example\n.* net\.ipv4 198\.51\.100\.7 +Lab A +block 80 +acts → capped/,
    )
    assert.equal(tried.err, 'warning: shadow.members: no member is named Lab X\n')
    const json = await cli('--json', 'policy', 'test', path)
    assert.equal((JSON.parse(json.out) as { flips: number }).flips, 1)
    assert.match((await cli('policy', 'apply', path)).out, /^policy \w{16} in force; written to /m)
    assert.match((await cli('policy', 'apply', path)).out, /in force already/)
    const shown = await cli('policy', 'show')
    assert.match(shown.out, /^types: \{ip.*\nshadow: .*\n$/)
    assert.match(shown.err, /^policy \w{16}, in force since /)
    const input = 'qorum: 1\npap: {red: block}\n'
    for (const command of ['test', 'apply']) {
      const bad = await tocsin(['--data', folder, 'policy', command, '-'], { input })
      assert.equal(bad.code, 1)
      assert.match(
        bad.err,
        /^qorum: .*\npap\.red: .*\ntocsin: policy-invalid: .*2 mistakes\n {2}→ correct .*\n$/,
      )
    }
    assert.match((await cli('policy', 'test', join(folder, 'none'))).err, /file-unreadable/)
  })

  it('pause and resume, shown by status and check', async () => {
    await cli('report', 'ip', '198.51.100.7')
    const paused = await cli('pause', 'enforce', '--for', '2h', '--reason', 'wrong blocks')
    assert.match(paused.out, /^PAUSED {2}enforce: .*, until .*, by operator: wrong blocks\n$/)
    assert.match((await cli('status')).out, /^PAUSED +enforce: /m)
    const checked = await cli('check', 'ip', '198.51.100.7', '--exit-code')
    assert.equal(checked.code, 13)
    assert.match(checked.out, /^observe .*\n {2}enforcement is paused\n/)
    await cli('pause', 'publish', '--reason', 'key at risk')
    const refused = await cli('report', 'ip', '198.51.100.8')
    assert.match(refused.err, /^tocsin: publish-paused: .*: tocsin resume publish lifts it\n$/)
    assert.match((await cli('resume', 'enforce')).out, /^resumed enforce\nPAUSED {2}publish: /)
    assert.equal((await cli('resume')).out, 'resumed publish\n')
    assert.equal((await cli('resume')).out, 'nothing was paused\n')
    assert.equal((await cli('pause', 'enforce')).code, 2, 'no reason')
    assert.equal((await cli('pause', 'all', '--reason', 'x')).code, 2)
  })
})
