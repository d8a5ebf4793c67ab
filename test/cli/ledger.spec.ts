/** `ledger export` and `ledger verify` as a person types them. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { typed } from './terminal.js'

describe('cli: ledger', () => {
  let folder: string
  let api: Api
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-cli-'))
    api = await openApi()
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
  })
  after(async () => {
    await api.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const cli = (...args: string[]) => typed(['--data', folder, ...args])

  it('is written, checked, and told by whom a report was approved', async () => {
    const path = join(folder, 'ledger.ndjson')
    const said = await cli('report', 'ip', '45.7.1.1', '--approver', 'Zoë 7')
    assert.equal(said.code, 0, said.err)
    const { code, out } = await cli('ledger', 'export', path)
    assert.equal(code, 0)
    assert.match(out, /^whole and signed by 12D3\w+ \(Lab A\) at 20/)
    assert.match(out, /^1 envelopes left, \d+ bytes, from number 1 on\n0 items were stopped$/m)
    const text = await readFile(path, 'utf8')
    assert.match(text, /"approver":"Zoë 7"/)
    assert.deepEqual((await cli('ledger', 'verify', path)).out, out)
    const again = await cli('ledger', 'export', path)
    assert.deepEqual([again.code, /file-unwritable/.test(again.err)], [1, true])
  })

  it('names the line at which it was tampered with', async () => {
    const path = join(folder, 'ledger.ndjson')
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    const bad = join(folder, 'bad.ndjson')
    await writeFile(bad, lines.toSpliced(1, 1).join('\n'))
    const { code, err } = await cli('ledger', 'verify', bad)
    assert.deepEqual([code, /line-changed: line 2 of /.test(err)], [1, true], err)
    await writeFile(bad, lines.slice(0, -1).join('\n'))
    assert.match((await cli('ledger', 'verify', bad)).err, /cut-short: line 2 of /)
    await writeFile(bad, 'nonsense')
    assert.match((await cli('ledger', 'verify', bad)).err, /line-malformed: line 1 of /)
  })
})
