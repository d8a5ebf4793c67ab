/** What reaches a terminal: tables that fit it, colours where it has some, nothing that bites. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { columns, painted, PLAIN, rendered } from '../../src/cli/table.js'
import { cut, harmless, harmlessJson, widthOf } from '../../src/cli/terminal-text.js'
import { openApi, OPERATOR_TOKEN, type Api } from '../http/api.js'
import { tocsin } from '../support/command.js'
import { ownOf } from '../support/lab.js'

const ESC = '\x1b'
const ESCAPED = 'drill\\x1b[2J\\x1b]0;owned\\x07'
const fitted = (rows: readonly (readonly string[])[], width: number) =>
  rendered(columns(rows), { width, hasColors: false }).split('\n')

describe('cli: text for terminals', () => {
  const WIDTHS: readonly (readonly [string, number])[] = [
    ['Lab A', 5],
    ['研究所', 6],
    ['ラボ', 4],
    ['한국', 4],
    ['Zu\u0308rich', 6],
    ['e\u0301', 1],
    ['👩‍🔬', 2],
    ['🔔', 2],
    ['❤️', 2],
    ['א', 1],
    ['', 0],
  ]
  for (const [text, width] of WIDTHS) {
    it(`${text} takes ${width} cells`, () => assert.equal(widthOf(text), width))
  }

  it('shows what would move the cursor, turn text round or hide it as an escape', () => {
    assert.equal(harmless(`a${ESC}[2Jb\nc\x07\x9bd`), 'a\\x1b[2Jb\\x0ac\\x07\\x9bd')
    assert.equal(
      harmless('x\u202egpj.exe\u2066\ufeff\ud800'),
      'x\\u{202e}gpj.exe\\u{2066}\\u{feff}\\u{d800}',
    )
    assert.equal(harmless('क्‍ष 👩‍🔬 Zu\u0308rich ❤️'), 'क्‍ष 👩‍🔬 Zu\u0308rich ❤️')
  })

  it('keeps JSON the same value', () => {
    const json = JSON.stringify({ name: '\x9b2J \u202e \u{e0041}', two: [1] }, null, 1)
    const safe = harmlessJson(json)
    assert.deepEqual(JSON.parse(safe), JSON.parse(json))
    assert.doesNotMatch(safe, /[\x80-\x9f\u202e]/)
  })

  it('cuts between characters, within the cells there are', () => {
    assert.deepEqual(
      [cut('研究所', 6), cut('研究所', 5), cut('研究所', 4)],
      ['研究所', '研究…', '研…'],
    )
    assert.equal(cut('Zu\u0308rich', 3), 'Zu\u0308…')
  })
})

describe('cli: tables', () => {
  const HASH = '0123456789abcdef'.repeat(4)

  it('align by cells and say everything where there is no terminal', () => {
    const text = rendered(
      columns([
        ['研究所', 'up', HASH],
        ['Lab', 'down', 'x'],
      ]),
      PLAIN,
    )
    assert.deepEqual(text.split('\n'), [`研究所  up    ${HASH}`, 'Lab     down  x'])
  })

  it('fit the terminal: hashes lose their middle first, then the widest column is cut', () => {
    assert.deepEqual(fitted([['ok', HASH]], 40), ['ok  0123456789ab…abcdef'])
    const lines = fitted(
      [
        ['warn', 'members', 'x'.repeat(90)],
        ['ok', 'y'.repeat(30), 'z'],
      ],
      60,
    )
    for (const line of lines) assert.ok(widthOf(line) <= 60, line)
    assert.match(lines[0]!, /^warn {2}members +x+…$/)
    assert.match(lines[1]!, /^ok {4}y+… {2}z$|^ok {4}y{30} {2}z$/)
    const whole = columns([['x'.repeat(90)]], { isWhole: true })
    assert.equal(rendered(whole, { width: 20, hasColors: false }).length, 90)
  })

  it('colour actions and states, and make heads bold, where there are colours', () => {
    const rows = columns(
      [
        ['member', 'action'],
        ['block party', 'block'],
        ['b', 'allow'],
      ],
      {
        hasHead: true,
      },
    )
    const text = rendered(`${painted('throttle')}\n${rows}`, { width: 80, hasColors: true })
    assert.deepEqual(text.split('\n'), [
      `${ESC}[33mthrottle${ESC}[39m`,
      `${ESC}[1mmember${ESC}[22m       ${ESC}[1maction${ESC}[22m`,
      `block party  ${ESC}[31mblock${ESC}[39m`,
      `b            ${ESC}[32mallow${ESC}[39m`,
    ])
  })

  it('cannot be forged by what stands in them', () => {
    const evil = '\ufdd0{"rows":[["\\u001b[2J"]]}\ufdd1'
    assert.doesNotMatch(rendered(columns([[evil]]), PLAIN), /[\x1b\ufdd0]/)
    assert.doesNotMatch(rendered(evil, PLAIN), /[\x1b\ufdd0]/)
    assert.doesNotMatch(rendered('\ufdd0{broken\ufdd1', PLAIN), /\ufdd0/)
  })
})

describe('cli: what others say on a terminal', () => {
  let folder: string
  let api: Api
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tocsin-table-'))
    api = await openApi()
    await writeFile(join(folder, 'operator.token'), `${OPERATOR_TOKEN}\n`)
    await writeFile(join(folder, 'api.addr'), `${api.address}\n`)
  })
  after(async () => {
    await api.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const at = (terminal: number | undefined, env: Record<string, string>, ...args: string[]) =>
    tocsin(['--data', folder, ...args], { env, ...(terminal === undefined ? {} : { terminal }) })

  it('a reason with escapes is shown and not obeyed; a wide table fits', async () => {
    const reason = `drill${ESC}[2J${ESC}]0;owned\x07`
    const paused = await at(60, {}, 'pause', 'enforce', '--reason', reason)
    const shown = paused.out.replaceAll(/\x1b\[\d+m/g, '')
    assert.doesNotMatch(shown, /[\x1b\x07]/)
    const status = await at(90, { NO_COLOR: '1' }, 'status')
    assert.equal(status.code, 0)
    assert.match(status.out, /^PAUSED +enforce: /m)
    for (const line of status.out.split('\n')) assert.ok(widthOf(line) <= 90, line)
    const piped = await at(undefined, {}, 'status')
    assert.ok(piped.out.includes(`by operator: ${ESCAPED}\n`), piped.out)
    assert.ok(piped.out.includes(api.lab.state.logHash), 'nothing is cut in a pipe')
  })

  it('colours are for terminals that want them', async () => {
    await api.lab.voice.report([{ type: 'ip', value: '203.0.113.4' }])
    await api.lab.admit('B')
    const check = ['check', 'ip', '203.0.113.4']
    const red = /^\x1b\[34mobserve\x1b\[39m .*\n[^]* \x1b\[31mblock\x1b\[39m /
    assert.match((await at(80, {}, ...check)).out, red)
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      assert.doesNotMatch((await at(80, env, ...check)).out, /\x1b/)
    }
    assert.doesNotMatch((await at(undefined, {}, ...check)).out, /\x1b/)
    api.links.push({
      author: ownOf('B'),
      ...{ link: 'up', counts: {}, current: true, quiet: false, hears: [], beaconAgeMs: 9 },
    })
    const peers = await at(80, {}, 'peers')
    assert.match(peers.out, /^\x1b\[1mmember\x1b\[22m/)
    assert.match(peers.out, /\x1b\[32mup\x1b\[39m +no$/m)
  })
})

describe('cli: a node that is not one', () => {
  let server: Server
  before(async () => {
    server = createServer((_, response) => {
      response.writeHead(409, { 'content-type': 'application/problem+json' })
      const title = `refused${ESC}[31m`
      response.end(JSON.stringify({ code: `x${ESC}c`, title, detail: 'a\u202eb' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })
  after(() => void server.close())

  it('cannot write to the terminal by its errors', async () => {
    const { port } = server.address() as AddressInfo
    const node = ['--url', `http://127.0.0.1:${port}`, '--token', 'x']
    const ran = await tocsin([...node, 'status'], { terminal: 80 })
    assert.equal(ran.code, 1)
    assert.match(ran.err, /^tocsin: x\\x1bc: refused\\x1b\[31m: a\\u\{202e\}b$/m)
    assert.doesNotMatch(ran.err, /[\x1b\u202e]/)
  })
})
