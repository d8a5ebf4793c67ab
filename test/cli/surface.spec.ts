/** Every command that people were promised is there, with its options and its help. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scriptOf } from '../../src/cli/checkout-runs.js'
import { completionNodes } from '../../src/cli/completion-tree.js'
import { programOn } from '../../src/cli/program.js'
import { run } from '../support/fleet.js'
import { tocsin } from '../support/command.js'

/** Command, and the options it has; `…` in front are those of all. */
const SURFACE: Readonly<Record<string, string>> = {
  '': '--data --config --url --token --json --yes --version',
  start: '--name --listen --announce --api --abandon-tail',
  id: '--words',
  'members list': '',
  'members show': '',
  'members add': '--name --addr --role --trust --new-organisation',
  'members trust': '',
  'members remove': '--key',
  'members apply': '--file',
  'federation create': '',
  'federation join': '--new-key',
  'federation rotate': '',
  'federation show': '',
  report:
    '--confidence --action --ttl --category --campaign --tlp --pap --evidence --label ' +
    '--first-hand --second-hand --force --reason --file --format --type --again',
  revoke: '--reason --wait --file --since --token --campaign --type',
  sighting: '--count',
  dispute: '--member --reason --withdraw',
  check: '--file --exit-code',
  explain: '--at',
  'allow add': '--reason --until --request',
  'allow remove': '',
  'allow list': '',
  'allow load': '',
  pause: '--for --reason',
  resume: '',
  'policy show': '',
  'policy test': '--against',
  'policy apply': '',
  sketch: '--report',
  detect: '',
  peers: '',
  status: '',
  doctor: '',
  completion: '',
  'token create': '--role --name --keyed',
  'token list': '',
  'token revoke': '',
  export: '--format',
  verify: '--proof',
  rebuild: '',
  backup: '--with-key',
  restore: '',
  integrate: '',
  edge: '--node',
  demo: '--once --feed',
  bench: '',
  soak: '',
}

describe('cli: surface', () => {
  for (const [command, options] of Object.entries(SURFACE)) {
    it(`tocsin ${command} ${options}`.trim(), async () => {
      const words = command === '' ? [] : command.split(' ')
      const { code, out } = await tocsin([...words, '--help'])
      assert.equal(code, 0)
      assert.match(out, new RegExp(`^Usage: tocsin ${command}`.trim()))
      for (const option of options.split(' ').filter((one) => one !== '')) {
        assert.match(out, new RegExp(`^ +(?:-\\w, )?${option}\\b`, 'm'), option)
      }
    })
  }

  it('every command says what it is for', () => {
    const { program } = programOn()
    for (const { path, commands, options } of completionNodes(program)) {
      for (const { word, says } of commands) assert.ok(says.length > 5, `${path} ${word}`)
      const silent = options.filter(({ word, says }) => says === '' && !KNOWN.has(word))
      assert.deepEqual(silent, [], path)
    }
  })
  /** Their choices say it. */
  const KNOWN = new Set(['--role', '--trust', '--format'])

  it('an unknown command or option is told the nearest', async () => {
    const command = await tocsin(['staus'])
    assert.equal(command.code, 2)
    assert.match(command.err, /^tocsin: usage: unknown command 'staus'[^]*Did you mean status\?/)
    const below = await tocsin(['members', 'lst'])
    assert.match(below.err, /Did you mean list\?/)
    const option = await tocsin(['report', 'ip', '192.0.2.1', '--confidense', '80'])
    assert.equal(option.code, 2)
    assert.match(option.err, /Did you mean --confidence\?/)
  })
})

describe('cli: bench and soak', function () {
  this.timeout(60_000)

  it('run from a checkout with their own words, and end as they end', async () => {
    for (const [name, says] of [
      ['bench', /no benchmark is called nosuch/],
      ['soak', /nosuch/],
    ] as const) {
      const ran = await run([name, 'nosuch', '--minutes', '1'])
      assert.equal(ran.code, 2, ran.stderr)
      assert.match(ran.stderr, says)
    }
  })

  it('say that a package has them not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tocsin-package-'))
    try {
      assert.throws(() => scriptOf('bench', folder), { code: 'not-in-package' })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
