/** `peers --wait`: for a node that is starting, for links that are not up, and how it ends. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { Shell } from '../../src/cli/shell.js'
import { waitForLinks } from '../../src/cli/wait-links.js'
import type { Link } from '../../src/core/mesh-port.js'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { ownOf } from '../support/lab.js'
import { typed } from './terminal.js'

describe('cli: peers --wait', () => {
  let folder: string
  let api: Api
  let link: Link['link'] = 'up'
  let onAsked = () => undefined as void
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-cli-'))
    onAsked = () => undefined
    const links = (): Link[] => {
      onAsked()
      return [{ author: ownOf('B'), link, counts: {}, current: true, quiet: false, hears: [] }]
    }
    api = await openApi({ links })
    await api.lab.admit('Lab B', 'corroborate', 'member', 'B')
  })
  afterEach(async () => {
    await api.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const starts = async () => {
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
  }
  const waits = async (msMax: number) => {
    const streams = { stdin: new PassThrough(), stdout: new PassThrough() }
    const rest = { stderr: new PassThrough(), env: {}, cwd: folder }
    const shell = new Shell({ ...streams, ...rest }, () => ({ data: folder }))
    try {
      await waitForLinks(shell, msMax)
    } finally {
      shell.close()
    }
  }

  it('for a node that comes later', async () => {
    link = 'up'
    const waiting = typed(['--data', folder, 'peers', '--wait'])
    await starts()
    const { code, out } = await waiting
    assert.equal(code, 0)
    assert.match(out, /^Lab B .* up/m)
  })

  it('for a link that comes later', async () => {
    link = 'down'
    await starts()
    let asked = 0
    onAsked = () => void (++asked > 2 && (link = 'up'))
    assert.match((await typed(['--data', folder, 'peers', '--wait'])).out, /^Lab B .* up/m)
    assert.equal(asked, 4)
  })

  it('no longer than a bound, and says what is missing', async () => {
    await assert.rejects(waits(0), { code: 'no-node', exit: 3 })
    link = 'wrong-network'
    await starts()
    await assert.rejects(waits(0), {
      code: 'links-missing',
      message: 'not linked in time: Lab B (link wrong-network)',
    })
    await writeFile(join(folder, 'operator.token'), 'another\n')
    await assert.rejects(waits(0), { code: 'token-wrong' })
  })
})
