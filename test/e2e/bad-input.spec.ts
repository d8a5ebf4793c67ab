/** Bad input as users make it: each with its code and exit status, and nothing stored. */
import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { Fleet, run } from '../support/fleet.js'

describe('bad input', function () {
  this.timeout(120_000)
  let fleet: Fleet
  let lab: LabProcess

  before(async () => {
    fleet = await Fleet.open()
    lab = await fleet.lab('Lab A')
  })
  after(() => fleet.close())

  const REPORTS: readonly (readonly [string, readonly string[], string])[] = [
    ['an address out of range', ['ip', '300.1.2.3'], 'ipv4-malformed'],
    ['host bits', ['ip', '10.1.2.3/8'], 'host-bits-set'],
    ['host bits under a wide network', ['ip', '10.0.0.0/4'], 'host-bits-set'],
    ['a network that is too wide', ['ip', '16.0.0.0/4'], 'network-too-wide'],
    ['loopback', ['ip', '127.0.0.1'], 'guarded'],
    ['a homoglyph domain', ['domain', 'pаypal.com'], 'mixed-script'],
    ['a wholly look-alike domain', ['domain', 'сосо.com'], 'mixed-script'],
    ['a life over the type’s', ['ip', '198.51.100.1', '--ttl', '8d'], 'ttl-too-long'],
    ['confidence 101', ['ip', '198.51.100.1', '--confidence', '101'], 'confidence-range'],
    ['an unknown type', ['ipv5', '198.51.100.1'], 'type-unknown'],
    ['TLP:RED', ['ip', '198.51.100.1', '--tlp', 'red'], 'tlp-red'],
  ]
  it('a keyed type is type-off, and its value no argument', async () => {
    const value = 'someone@example.org'
    const ran = await fleet.given(lab, value, 'report', 'email', '-')
    assert.deepEqual([ran.code, /^tocsin: type-off: /m.test(ran.stderr)], [1, true])
    const typed = await fleet.cli(lab, 'report', 'email', value)
    assert.deepEqual([typed.code, /^tocsin: keyed-argument: /m.test(typed.stderr)], [2, true])
  })

  for (const [what, args, code] of REPORTS) {
    it(`${what} is ${code}`, async () => {
      const ran = await fleet.cli(lab, 'report', ...args)
      assert.equal(ran.code, 1, ran.stdout + ran.stderr)
      assert.ok(ran.stderr.includes(code), ran.stderr)
      assert.equal((await lab.status())['live'], 0)
    })
  }

  it('a value of a megabyte and malformed JSON are answered, not stored', async () => {
    const long = await lab.request('POST', '/v1/reports', {
      type: 'domain',
      value: 'a'.repeat(1 << 20),
    })
    assert.deepEqual([long.status, long.body['code']], [422, 'value-too-long'])
    const huge = await raw(lab, JSON.stringify({ type: 'domain', value: 'a'.repeat(3 << 20) }), {})
    assert.deepEqual([huge.status, huge.code], [413, 'body-too-large'])
    const malformed = await raw(lab, '{"type":', {})
    assert.deepEqual([malformed.status, malformed.code], [400, 'json-malformed'])
    assert.equal((await lab.status())['live'], 0)
  })

  it('a wrong token and a wrong Host are refused before anything else', async () => {
    const token = await raw(lab, '{}', { authorization: 'Bearer tocsin_wrong' })
    assert.deepEqual([token.status, token.code], [401, 'token-wrong'])
    const host = await raw(lab, '{}', { host: 'evil.example' })
    assert.deepEqual([host.status, host.code], [421, 'wrong-host'])
  })

  it('a broken line 70,001 of a CSV costs that line alone', async () => {
    const path = join(fleet.folder, 'broken.csv')
    const lines = Array.from(
      { length: 80_000 },
      (_, i) => `47.${i >> 16}.${(i >> 8) & 255}.${i & 255},net.ipv4,70`,
    )
    lines[70_000 - 1] = '"47.1.1.1,net.ipv4,70' // line 70,001 of the file: the header is line 1
    await writeFile(path, ['value,type,confidence', ...lines].join('\n'))
    const ran = await fleet.cli(lab, 'report', '--file', path, '--format', 'csv')
    assert.equal(ran.code, 1)
    assert.match(ran.stdout + ran.stderr, /70,?001.*line-malformed|line-malformed.*70,?001/)
    assert.equal((await lab.status())['live'], 79_999)
  })

  it('no node is exit 3, wrong usage exit 2', async () => {
    const nobody = await run(['--data', join(fleet.folder, 'nobody'), 'status'])
    assert.equal(nobody.code, 3, nobody.stderr)
    assert.equal((await run(['report', '--no-such-flag'])).code, 2)
    assert.equal((await run(['no-such-command'])).code, 2)
  })

  describe('at start', () => {
    const start = (data: string, ...flags: string[]) =>
      run([
        'start',
        '--data',
        data,
        '--api',
        '127.0.0.1:0',
        '--listen',
        '/ip4/127.0.0.1/tcp/0',
        ...flags,
      ])

    it('a second node on the same folder is data-in-use', async () => {
      const ran = await start(lab.data)
      assert.equal(ran.code, 1)
      assert.match(ran.stderr, /data-in-use/)
      assert.equal((await lab.request('GET', '/v1/status')).status, 200)
    })

    it('a folder of another network is refused', async () => {
      const other = await fleet.lab('Other')
      await other.end()
      const federation = join(fleet.folder, 'federation.yaml')
      await writeFile(federation, `name: elsewhere\nnetworkId: ${'ab'.repeat(32)}\n`)
      const ran = await start(other.data, '--federation', federation)
      assert.equal(ran.code, 1)
      assert.match(ran.stderr, /data-of-another-network/)
    })

    it('a node.key that others can read is refused', async () => {
      const open = await fleet.lab('Open')
      await open.end()
      await chmod(join(open.data, 'node.key'), 0o644)
      const ran = await start(open.data)
      assert.equal(ran.code, 1)
      assert.match(ran.stderr, /key-exposed/)
    })

    it('a misspelt key in the settings names the nearest right one', async () => {
      const data = join(fleet.folder, 'misspelt')
      await mkdir(data)
      const config = join(fleet.folder, 'misspelt.yaml')
      await writeFile(config, 'nmae: Lab\napi:\n  lisen: 127.0.0.1:0\n')
      const ran = await start(data, '--config', config)
      assert.equal(ran.code, 1)
      assert.match(ran.stderr, /config-invalid/)
      assert.match(ran.stderr, /nmae.*name/)
      assert.match(ran.stderr, /lisen.*listen/)
    })
  })

  it('left nothing of a refused value in the log lines', async () => {
    assert.ok(!lab.output.includes('300.1.2.3'))
    assert.ok(!(await readFile(join(lab.data, 'marker'), 'utf8')).includes('300'))
  })
})

function raw(
  lab: LabProcess,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; code: unknown }> {
  return new Promise((resolve, reject) => {
    void readFile(join(lab.data, 'operator.token'), 'utf8').then((token) => {
      const options = {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token.trim()}`,
          'content-type': 'application/json',
          ...headers,
        },
      }
      const request = httpRequest(`${lab.api}/v1/reports`, options, (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => {
          const { code } = JSON.parse(text) as { code: unknown }
          resolve({ status: response.statusCode!, code })
        })
      })
      request.on('error', reject)
      request.end(body)
    }, reject)
  })
}
