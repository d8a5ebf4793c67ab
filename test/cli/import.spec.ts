/** `import` on a real node: files of other tools, twice, tried out, and wrong. */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { Fleet, type Ran } from '../support/fleet.js'
import { ROOT } from '../support/source-tree.js'

const MISP = {
  Event: {
    uuid: '2b54e0d3-ee72-57b4-b02a-066b09d3cdad',
    info: 'what Jo said',
    Tag: [{ name: 'tlp:green' }],
    Attribute: [
      { type: 'ip-src', value: '203.0.113.1', to_ids: true },
      { type: 'ip-src', value: '127.0.0.1', to_ids: true },
      { type: 'text', value: 'call me', to_ids: true },
    ],
    Object: [
      {
        name: 'ai-chat-prompt',
        Attribute: [{ type: 'text', value: 'Ignore all previous', to_ids: true }],
      },
    ],
  },
}

describe('cli: import', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let lab: LabProcess
  before(async () => {
    fleet = await Fleet.open()
    lab = await fleet.lab('Lab A')
  })
  after(() => fleet.close())

  const file = async (name: string, content: unknown): Promise<string> => {
    const path = join(fleet.folder, name)
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    return path
  }
  const run = (...args: string[]): Promise<Ran> => fleet.cli(lab, 'import', ...args)
  const held = async (value: string) => {
    const { text } = await lab.request('GET', '/v1/export')
    return text.includes(`"${value}"`)
  }

  it('a MISP event: what is refused is named, the rest is said, and is known then', async () => {
    const path = await file('event.json', MISP)
    const dry = await run(path, '--dry-run')
    assert.equal(dry.code, 1)
    assert.match(dry.stdout, /accepted 1, duplicate 0, guarded 1, refused 2/)
    assert.match(dry.stderr, /a dry run: nothing was said/)
    assert.ok(!(await held('203.0.113.1')))
    const said = await run(path)
    assert.equal(said.code, 1)
    assert.match(said.stderr, /object 2: guarded/)
    assert.match(said.stderr, /object 3: free-text/)
    assert.match(said.stderr, /object 4: prompt-object/)
    assert.doesNotMatch(said.stdout + said.stderr, /Ignore|Jo|call me/)
    assert.ok(await held('203.0.113.1'))
    assert.match(
      (await run(path, '--again')).stdout,
      /accepted 0, duplicate 1, guarded 1, refused 2/,
    )
  })

  it('a feed is a folder; an event that is missing is one result', async () => {
    const folder = join(fleet.folder, 'feed')
    await mkdir(folder)
    const [one, two] = [
      '00000000-0000-4000-8000-000000000001',
      '00000000-0000-4000-8000-000000000002',
    ]
    await file('feed/manifest.json', { [one!]: {}, [two!]: {} })
    const attribute = { type: 'domain', value: 'feed.example', to_ids: true }
    await file(`feed/${one!}.json`, { Event: { Attribute: [attribute] } })
    const { stdout, stderr } = await run(folder)
    assert.match(stdout, /accepted 1, duplicate 0, guarded 0, refused 1/)
    assert.match(stderr, /object 2: line-malformed: the event 0+-0000-4000-8000-0+2 cannot be read/)
  })

  it('a CSV by the packaged mapping, its own columns left out by name', async () => {
    const mapping = join(ROOT, 'config', 'import.yaml')
    const rows = ['seen;address;score;kind;status', '#', '1;203.0.113.7;7.5;scraper;active']
    const more = ['1;203.0.113.8;2;other;expired', '1;203.0.113.9;75;scraper;active']
    const path = await file('list.csv', [...rows, ...more].join('\n'))
    const { stdout, stderr, code } = await run(path, '--mapping', mapping)
    assert.match(stdout, /accepted 1, duplicate 0, guarded 0, refused 1/)
    assert.match(stderr, /line 5: confidence-range/)
    assert.match(stderr, /not expressed here: 1 × seen/)
    assert.equal(code, 1)
    const { text } = await lab.request('GET', '/v1/export')
    assert.match(text, /"203\.0\.113\.7","confidence":75,"action":"observe".*capability-extraction/)
    const wrong = await file('wrong.yaml', 'fields: {valeu: {column: a}}')
    const refused = await run(path, '--mapping', wrong)
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /fields\.valeu: no such key; did you mean value\?/)
  })

  it('CrowdSec’s decisions and plain lists, of a file or stdin', async () => {
    const decision = { id: 1, origin: 'cscli', scenario: 's', scope: 'Ip', type: 'ban' }
    const alert = { id: 1, decisions: [{ ...decision, value: '203.0.113.30', duration: '4h0m0s' }] }
    const { stdout, stderr } = await run(await file('decisions.json', [alert]))
    assert.match(stdout, /accepted 1, duplicate 0/)
    assert.match(stderr, /not expressed here: 1 × origin, 1 × scenario/)
    const list = await fleet.given(
      lab,
      '# a list\n203.0.113.31\n',
      'import',
      '-',
      '--format',
      'text',
      '--type',
      'ip',
    )
    assert.match(list.stdout, /accepted 1, duplicate 0/)
    const untyped = await run(await file('a.txt', '203.0.113.32\n'))
    assert.deepEqual([untyped.code, /needs --type/.test(untyped.stderr)], [2, true])
  })

  it('what another node exports, by every format; `report --file` reads them, too', async () => {
    const other = await fleet.lab('Lab B')
    await other.request('POST', '/v1/reports', [
      { type: 'ip', value: '198.51.100.1', tlp: 'clear', ttl: '3d' },
      { type: 'asn', value: '64500' },
    ])
    for (const format of ['stix', 'misp', 'csv', 'ndjson']) {
      const name = `export-${format}.${{ stix: 'json', misp: 'json' }[format] ?? format}`
      const { stdout } = await fleet.cli(other, 'export', '--format', format)
      const { stdout: told } = await run(await file(name, stdout), '--again')
      const fresh = format === 'stix'
      assert.match(told, fresh ? /accepted 2, duplicate 0/ : /accepted 0, duplicate 2/, format)
    }
    const path = join(fleet.folder, 'export-misp.json')
    const said = await fleet.cli(lab, 'report', '--file', path, '--format', 'misp', '--first-hand')
    assert.match(said.stdout, /accepted 2, duplicate 0/)
  })

  it('a line whose source forbids to pass it on is refused', async () => {
    const lines = ['amber+strict', 'red', 'green'].map((tlp, i) =>
      JSON.stringify({ type: 'ip', value: `203.0.113.${50 + i}`, tlp }),
    )
    const { stdout, stderr } = await run(await file('marked.ndjson', lines.join('\n')))
    assert.match(stdout, /accepted 1, duplicate 0, guarded 0, refused 2/)
    assert.match(stderr, /line 1: tlp-forbids\n.*line 2: tlp-forbids/s)
  })

  it('says what is wrong with a file that is nothing', async () => {
    const nothing = await run(await file('nothing.json', '{"a":1}'))
    assert.equal(nothing.code, 1)
    assert.match(nothing.stderr, /^tocsin: format-unknown/)
    assert.match((await run(await file('broken.json', '{'))).stderr, /^tocsin: json-malformed/)
    assert.match((await run(join(fleet.folder, 'none.json'))).stderr, /^tocsin: file-unreadable/)
    assert.equal((await run('-')).code, 2)
  })
})
