/**
 * A federation of its own by its operators' commands: made, joined, rotated by two at once while
 * nodes run, a member removed; and keyed values that hold through all of it.
 */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { until } from '../../src/cli/lab-process.js'
import { equal, Fleet, linked, run, type Ran } from '../support/fleet.js'

const EMAIL = 'some.one@customer-71.example.org'

describe('a federation of its own', function () {
  this.timeout(180_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess, c: LabProcess

  const env = { TOCSIN_KEYED_TYPES: 'email,account' }
  const folderOf = (name: string) => join(fleet.folder, name)
  const fileOf = (lab: LabProcess) => join(lab.data, 'federation.yaml')
  const given = (lab: LabProcess, value: string, ...args: readonly string[]) =>
    fleet.given(lab, value, ...args)
  const fine = async (ran: Promise<Ran>): Promise<string> => {
    const { code, stdout, stderr } = await ran
    assert.equal(code, 0, stdout + stderr)
    return stdout
  }
  const actionAt = async (lab: LabProcess, email = EMAIL): Promise<string> => {
    const items = [{ type: 'email', value: email }]
    const { body } = await lab.request('POST', '/v1/check', { items })
    return (body['verdicts'] as { action: string }[])[0]!.action
  }
  const acts = (lab: LabProcess, action: string, email = EMAIL) =>
    until(`${lab.name}: ${action}`, async () => (await actionAt(lab, email)) === action)
  const epochsOf = async (lab: LabProcess) => {
    const { epochs } = await lab.status()
    return epochs as { id: string; stage: string; knownToRemoved: string[] }[]
  }

  before(async () => {
    fleet = await Fleet.open()
    const data = folderOf('a')
    const made = await fine(run(['--data', data, 'federation', 'create', 'Frontier labs']))
    assert.match(made, /created Frontier labs[\s\S]*epoch key +[0-9a-f]{8} .*newest/)
    const again = await run(['--data', data, 'federation', 'create', 'Other'])
    assert.match(again.stderr, /federation-exists/)
    for (const name of ['b', 'c']) {
      const file = join(data, 'federation.yaml')
      await fine(run(['--data', folderOf(name), 'federation', 'join', file]))
    }
    a = await fleet.lab('Lab A', { data, env })
    b = await fleet.lab('Lab B', { data: folderOf('b'), env })
    c = await fleet.lab('Lab C', { data: folderOf('c'), env })
    // Printed once the API is there.
    const isTold = () => /^keyed +actor\.email: members hold the epoch keys/m.test(a.output)
    await until('the limit', () => Promise.resolve(isTold()))
    for (const lab of [a, b, c])
      for (const other of [a, b, c]) if (lab !== other) await lab.admit(other)
    await linked([a, b, c])
  })
  after(() => fleet.close())

  it('keyed values come on stdin and never as an argument', async () => {
    const { code, stderr } = await fleet.cli(a, 'report', 'email', EMAIL)
    assert.equal(code, 2)
    assert.match(stderr, /keyed-argument/)
    assert.ok(!stderr.includes(EMAIL))
    assert.match(await fine(given(a, EMAIL, 'report', 'email', '-')), /accepted/)
    await acts(b, 'throttle')
    const told = await fine(given(b, 'Some.One+tag@Customer-71.example.org', 'check', 'email', '-'))
    assert.match(told, /^throttle {2}actor\.email [0-9a-f]{40}/)
    assert.ok(!told.toLowerCase().includes('some.one'))
    assert.match(await fine(given(b, EMAIL, 'explain', 'email', '-')), /Lab A/)
  })

  it('two operators rotate at once, and the nodes end with the same keys, running on', async () => {
    const early = await fleet.cli(a, 'federation', 'rotate')
    assert.match(early.stderr, /rotated-lately/)
    await fine(fleet.cli(a, 'federation', 'rotate', '--urgent'))
    await fine(fleet.cli(b, 'federation', 'rotate', '--urgent'))
    // Lab B reports under its new key, which nobody else has yet: kept, and known when it is.
    await until('b has it', async () => (await epochsOf(b)).length === 2)
    await fine(given(b, EMAIL, 'report', 'email', '-'))
    await equal([a, b, c])
    for (const [to, from] of [
      [a, b],
      [b, a],
      [c, a],
    ] as const) {
      await fine(fleet.cli(to, 'federation', 'join', fileOf(from)))
    }
    // Printed once the API is there.
    const isTold = () => /^keyed +actor\.email: members hold the epoch keys/m.test(a.output)
    await until('the limit', () => Promise.resolve(isTold()))
    for (const lab of [a, b, c]) {
      await until('three keys', async () => (await epochsOf(lab)).length === 3)
    }
    const ids = await Promise.all(
      [a, b, c].map(async (lab) => (await epochsOf(lab)).map(({ id, stage }) => `${id} ${stage}`)),
    )
    assert.deepEqual(ids[1], ids[0])
    assert.deepEqual(ids[2], ids[0])
    assert.equal(await readFile(fileOf(a), 'utf8'), await readFile(fileOf(b), 'utf8'))
    // A quorum of a report under the first key and one under another.
    await acts(c, 'block')
  })

  it('what was said in one epoch is contradicted and taken back in another', async () => {
    await fine(given(c, EMAIL, 'allow', 'add', 'email', '-', '--reason', 'a customer of ours'))
    assert.equal(await actionAt(c), 'allow')
    await fine(given(c, EMAIL, 'allow', 'remove', 'email', '-'))
    assert.equal(await actionAt(c), 'block')
    await fine(given(c, EMAIL, 'dispute', 'email', '-', '--reason', 'own-customer'))
    assert.equal(await actionAt(c), 'observe')
    await fine(given(c, EMAIL, 'dispute', 'email', '-', '--withdraw'))
    assert.equal(await actionAt(c), 'block')
    await fine(given(a, EMAIL, 'revoke', 'email', '-', '--reason', 'false-positive', '--wait'))
    await acts(c, 'throttle')
    await fine(given(b, EMAIL, 'revoke', 'email', '-', '--reason', 'own-customer', '--wait'))
    await acts(c, 'allow')
  })

  it('who is removed is named with the keys it knows', async () => {
    const removed = await fine(fleet.cli(a, '--yes', 'members', 'remove', 'Lab C'))
    assert.match(removed, /it knows epoch key (?:[0-9a-f]{8} ?){3}: tocsin federation rotate/)
    assert.match(
      await fine(fleet.cli(a, 'status')),
      /is known to Lab C, removed: tocsin federation/,
    )
    await fine(fleet.cli(a, 'federation', 'rotate', '--urgent'))
    await until('a has it', async () => (await epochsOf(a)).length === 4)
    const shown = await fine(fleet.cli(a, 'federation', 'show'))
    const lines = shown.split('\n').filter((line) => line.startsWith('epoch key'))
    assert.deepEqual(
      lines.map((line) => line.endsWith('known to Lab C, removed since')),
      [false, true, true, true],
    )
    assert.match(shown, /keyed type +actor\.email is on: members hold the epoch keys/)
  })

  it('another network needs another key, and nothing is thrown away', async () => {
    const data = folderOf('d')
    const d = await fleet.lab('Lab D', { data })
    await d.request('POST', '/v1/reports', { type: 'ip', value: '45.7.0.1' })
    const file = fileOf(a)
    const running = await run(['--data', data, 'federation', 'join', file, '--new-key'])
    assert.match(running.stderr, /data-in-use/)
    await d.end()
    const refused = await run(['--data', data, 'federation', 'join', file])
    assert.match(refused.stderr, /data-of-another-network.*--new-key/)
    const key = await readFile(join(data, 'node.key'), 'utf8')
    const joined = await fine(run(['--data', data, 'federation', 'join', file, '--new-key']))
    const [aside] = (await readdir(data)).filter((name) => name.startsWith('network-'))
    assert.ok(joined.includes(join(data, aside!)))
    assert.equal(await readFile(join(data, aside!, 'node.key'), 'utf8'), key)
    await d.start()
    assert.notEqual(await readFile(join(data, 'node.key'), 'utf8'), key)
    assert.equal((await d.status())['federation'], 'Frontier labs')
    assert.equal((await d.status())['live'], 0)
  })

  it('keyed types need a key that is a secret', async () => {
    const open = run(['start', '--data', folderOf('e'), '--api', '127.0.0.1:0'], env)
    assert.match((await open).stderr, /keyed-needs-federation/)
    const bad = await run(['--data', folderOf('e'), 'federation', 'join', join(fleet.folder, 'no')])
    assert.match(bad.stderr, /config-invalid/)
    const wrong = await run(['start', '--data', folderOf('e')], { TOCSIN_KEYED_TYPES: 'ip' })
    assert.match(wrong.stderr, /TOCSIN_KEYED_TYPES: is one of tool\.schema/)
  })
})
