/** Completion in a real bash: what a person gets for a Tab, from the commands there are. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { completionNodes } from '../../src/cli/completion-tree.js'
import { programOn } from '../../src/cli/program.js'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { tocsin } from '../support/command.js'
import { PROGRAM } from '../support/fleet.js'

describe('cli: completion', function () {
  this.timeout(60_000)
  let folder: string
  let api: Api
  let script: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-completion-'))
    api = await openApi()
    await api.lab.admit('Lab B')
    await api.lab.admit('Frontier')
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
    const command = `#!/bin/sh\nexec '${process.execPath}' '${PROGRAM}' "$@"\n`
    await writeFile(join(folder, 'tocsin'), command)
    await chmod(join(folder, 'tocsin'), 0o755)
    script = join(folder, 'completion.bash')
    await writeFile(script, (await tocsin(['completion', 'bash'])).out)
  })
  after(async () => {
    await api.stop()
    await rm(folder, { recursive: true, force: true })
  })

  /** What is offered for the last word, which may be empty. */
  async function offered(...words: readonly string[]): Promise<string[]> {
    const given = ['tocsin', ...words]
    const line = [
      `source '${script}'`,
      'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tocsin',
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ].join('\n')
    const env = {
      ...process.env,
      PATH: `${folder}${delimiter}${process.env['PATH']}`,
      TOCSIN_DATA: folder,
    }
    const bash = ['--norc', '-c', line, 'bash', ...given]
    const { stdout } = await promisify(execFile)('bash', bash, { env })
    return stdout.split('\n').filter((word) => word !== '')
  }

  it('offers commands, and those below them', async () => {
    const all = await offered('')
    for (const word of ['report', 'doctor', 'members', 'completion']) assert.ok(all.includes(word))
    assert.deepEqual(await offered('do'), ['doctor'])
    assert.deepEqual(await offered('members', 'tr'), ['trust'])
    assert.deepEqual(await offered('--data', 'report', 'members', 'tr'), ['trust'])
  })

  it('offers options, and what they may be', async () => {
    assert.deepEqual(await offered('report', '--camp'), ['--campaign'])
    assert.deepEqual(await offered('report', '--action', 'th'), ['throttle'])
    assert.deepEqual(await offered('report', '--category', 're'), [
      'reasoning-extraction',
      'reward-modelling',
      'reseller-proxy',
    ])
    assert.deepEqual(await offered('revoke', '--reason', 'fa'), ['false-positive'])
    assert.deepEqual(await offered('dispute', '--reason', 's'), ['shared-infrastructure', 'stale'])
    assert.deepEqual(await offered('token', 'create', '--role', 'g'), ['gateway'])
    assert.deepEqual(await offered('report', '--file', ''), [], 'files are the shell’s to offer')
  })

  it('offers types, and choices of arguments after others', async () => {
    assert.deepEqual(await offered('check', 'cid'), ['cidr'])
    assert.deepEqual(await offered('check', '--exit-code', 'net.c'), ['net.cidr'])
    assert.deepEqual(await offered('members', 'trust', 'Lab B', 'c'), ['corroborate'])
    assert.deepEqual(await offered('pause', 'p'), ['publish'])
  })

  it('offers members by their names, asked of the node', async () => {
    assert.deepEqual(await offered('members', 'show', ''), ['Lab\\ B', 'Frontier'])
    assert.deepEqual(await offered('dispute', 'ip', '1.2.3.4', '--member', 'Lab'), ['Lab\\ B'])
  })

  it('offers no member where no node answers, soon', async () => {
    const server: Server = createServer(() => undefined)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const start = performance.now()
    const node = ['--url', `http://127.0.0.1:${port}`, '--token', 'x']
    const ran = await tocsin([...node, 'completion', '--words', 'members'])
    assert.deepEqual([ran.code, ran.out, ran.err], [0, '', ''])
    assert.ok(performance.now() - start < 5_000)
    server.closeAllConnections()
    server.close()
  })

  it('has every command there is in each script, and nothing a shell would run', async () => {
    const paths = completionNodes(programOn().program).map(({ path }) => path)
    assert.ok(paths.includes('tocsin federation rotate') && paths.length > 40)
    for (const of of ['bash', 'zsh', 'fish']) {
      const { code, out } = await tocsin(['completion', of])
      assert.equal(code, 0)
      for (const path of paths) assert.ok(out.includes(path), `${of}: ${path}`)
      assert.doesNotMatch(out, /`/)
    }
    const none = await tocsin(['completion'])
    assert.equal(none.code, 2)
  })
})
