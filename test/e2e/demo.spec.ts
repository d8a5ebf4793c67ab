/** `tocsin demo --once`: the whole story holds, in under two minutes, and nothing is left of it. */
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { run } from '../support/fleet.js'

const MS_MAX = 120_000

describe('e2e: the demo', function () {
  this.timeout(MS_MAX)

  it('tells its story to the end, links to three consoles, and leaves nothing', async () => {
    const { code, stdout, stderr } = await run(['demo', '--once'])
    assert.equal(code, 0, stdout + stderr)
    assert.doesNotMatch(stdout, /FAILED/)
    const links = stdout.match(/Lab [ABC]: http:\/\/127\.0\.0\.1:\d+\/enter\/\S{43}/g)
    assert.equal(links?.length, 3)
    const folder = /cat (\S+)\/lab-a\/operator\.token/.exec(stdout)![1]!
    const left = (await readdir(tmpdir())).map((name) => `${tmpdir()}/${name}`)
    assert.ok(!left.includes(folder), 'its folder is gone')
  })
})
