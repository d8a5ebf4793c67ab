/** `allow` and `report --force` as a person types them; what files a list may come in. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readList } from '../../src/cli/list-file.js'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { tocsin } from '../support/tocsin.js'

describe('cli: allow', () => {
  let folder: string
  let api: Api
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'tocsin-allow-'))))
  after(() => rm(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    api = await openApi()
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
  })
  afterEach(() => api.stop())
  const cli = (...args: string[]) => tocsin(['--data', folder, ...args])
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text)
    return join(folder, name)
  }

  it('add, list, remove', async () => {
    await cli('report', 'ip', '9.9.1.7')
    const added = await cli('allow', 'add', 'ip', '9.9.1.7', '--reason', 'our own customer')
    assert.equal(added.out, 'allowed  net.ipv4 9.9.1.7  block → allow\n')
    const listed = await cli('allow', 'list')
    assert.match(listed.out, /net\.ipv4 +9\.9\.1\.7 +value +for good +our own customer/)
    const removed = await cli('allow', 'remove', 'ip', '9.9.1.7')
    assert.equal(removed.out, 'removed  net.ipv4 9.9.1.7  allow → block\n')
    const again = await cli('allow', 'remove', 'ip', '9.9.1.7')
    assert.deepEqual([again.code, /^tocsin: allow-unknown:/.test(again.err)], [1, true])
    assert.equal((await cli('allow', 'add', 'ip', '9.9.1.7')).code, 2)
  })

  it('load, from a plain file and from a MISP warninglist', async () => {
    const plain = await file('Our Edge.txt', '# ours\n9.9.0.0/16\nno-name\n9.8.0.1 # one\n')
    const loaded = await cli('allow', 'load', plain)
    assert.equal(loaded.out, 'loaded list:our-edge (never): 2 networks, 0 domains\n')
    assert.equal(loaded.err, 'not read, 1 values: no-name\n')
    const misp = JSON.stringify({ name: 'Top', type: 'hostname', list: ['popular.net'] })
    const as = ['--as', 'cloud', '--name', 'top']
    const top = await cli('allow', 'load', await file('x.json', misp), ...as)
    assert.equal(top.out, 'loaded list:top (cloud): 0 networks, 1 domains\n')
    assert.match((await cli('allow', 'list')).out, /list:top +cloud .* loaded +in force/)
    assert.equal((await cli('allow', 'unload', 'top')).out, 'unloaded list:top\n')
  })

  it('report --force needs its reason, and is listed', async () => {
    await cli('allow', 'add', 'ip', '9.9.1.7', '--reason', 'our own customer')
    const plain = await cli('report', 'ip', '9.9.1.7')
    assert.deepEqual([plain.code, /^tocsin: guarded: .*: allowed/.test(plain.err)], [1, true])
    assert.equal((await cli('report', 'ip', '9.9.1.7', '--force')).code, 2)
    assert.equal((await cli('report', 'ip', '9.9.1.7', '--reason', 'x')).code, 2)
    const forced = await cli('report', 'ip', '9.9.1.7', '--force', '--reason', 'it was abused')
    assert.match(forced.out, /^accepted/)
    const listed = (await cli('allow', 'list')).out
    assert.match(listed, /published by force:\nnet\.ipv4 +9\.9\.1\.7 +allowed .* it was abused/)
  })

  it('files that are no lists of values are refused', () => {
    const cases = [
      ['{"list": [1]}', 'format-unknown'],
      ['{"list"', 'format-unknown'],
      ['[]', 'format-unknown'],
      ['{"type": "regex", "list": ["a"]}', 'format-unknown'],
      ['# nothing', 'list-empty'],
    ] as const
    for (const [text, code] of cases) assert.throws(() => readList('a', text), { code })
  })
})
