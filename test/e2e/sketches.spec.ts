/**
 * A campaign's frame, from one lab's prompts to what another makes of a request: told as hashes,
 * known again with other words in its slot, and no four words of any prompt anywhere.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { until, type LabProcess } from '../../src/cli/lab-process.js'
import { canonicalTokens } from '../../src/core/canonical-text.js'
import { ShingleHasher } from '../../src/core/sketch.js'
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { RawNode } from '../mesh/raw-node.js'
import { benignPrompt, filled, FRAMES, samplesOf } from '../support/campaign.js'
import { endEdges, startEdge } from '../support/edge-process.js'
import { equal, Fleet } from '../support/fleet.js'
import { LeakSearch, type Leak } from '../support/leak-search.js'
import { listenTo } from '../support/listener.js'
import { Random } from '../support/random.js'

const [TUTOR, TEACHER] = FRAMES

interface Answer {
  readonly action: string
  readonly attributes: readonly {
    readonly type: string
    readonly action: string
    readonly reasons: readonly { readonly member: string; readonly held?: string }[]
  }[]
}

describe('query signatures', function () {
  this.timeout(180_000)
  const random = new Random(3)
  const prompts: string[] = []
  const answers: string[] = []
  const wire: Uint8Array[] = []
  let fleet: Fleet
  let a: LabProcess, b: LabProcess, c: LabProcess

  before(async () => {
    fleet = await Fleet.open()
    const names = ['Lab A', 'Lab B', 'Lab C']
    ;[a, b, c] = (await fleet.mesh(...names)) as [LabProcess, LabProcess, LabProcess]
    await listenTo(a, wire)
  })
  after(async () => {
    endEdges()
    await RawNode.stopAll()
    await fleet.close()
  })

  const seen = (prompt: string): string => {
    prompts.push(prompt)
    return prompt
  }
  const asked = async (lab: LabProcess, body: object): Promise<Answer> => {
    const answer = await lab.request('POST', '/v1/check/request', body)
    assert.equal(answer.status, 200, answer.text)
    answers.push(answer.text)
    return answer.body as unknown as Answer
  }
  const heldIn = ({ attributes }: Answer) =>
    attributes.flatMap(({ reasons }) => reasons.map(({ held }) => held ?? 'acts'))
  const fileOf = async (name: string, samples: readonly object[]): Promise<string> => {
    const file = join(fleet.folder, name)
    await writeFile(file, samples.map((one) => JSON.stringify(one)).join('\n'))
    return file
  }
  const sketched = async (lab: LabProcess, frame: string, ...args: readonly string[]) => {
    const samples = samplesOf(frame, 30, 10, random)
    for (const { prompt } of samples) seen(prompt)
    const ran = await fleet.cli(lab, 'sketch', await fileOf('campaign', samples), ...args)
    return ran
  }

  it('explains each gate, shows the frame to its owner, and tells nothing by itself', async () => {
    const benign = Array.from({ length: 200 }, () => ({ prompt: seen(benignPrompt(random)) }))
    const ran = await sketched(a, TUTOR, '--benign', await fileOf('benign', benign))
    assert.equal(ran.code, 0, ran.stderr)
    assert.match(ran.stdout, /^passed {2}30 +prompts +\(at least 20\)$/m)
    assert.match(ran.stdout, /enumerate every intermediate deduction inside numbered brackets/)
    assert.match(ran.stdout, /tried on 200 ordinary prompts: 0 act, 0 watched/)
    assert.match(ran.stdout, /nothing has left this node/)
    assert.equal((await a.status())['live'], 0)
    const few = samplesOf(TUTOR, 30, 3, random)
    const refused = await fleet.cli(a, 'sketch', await fileOf('few', few), '--report')
    assert.equal(refused.code, 1)
    assert.match(refused.stdout, /^REFUSED +3 +accounts +\(at least 5\)$/m)
    assert.match(refused.stderr, /too-few-accounts: what few accounts have in common may be one/)
  })

  it('reaches the others, observes at first and throttles an account that goes on', async () => {
    const ran = await sketched(a, TUTOR, '--report')
    assert.match(ran.stdout, /told the members {2}query\.sketch/)
    await equal([a, b, c])
    const body = () => ({ account: 'acme:1', prompt: seen(filled(TUTOR, random)) })
    for (let i = 0; i < 4; i++) {
      const answer = await asked(b, body())
      assert.deepEqual([answer.action, heldIn(answer)], ['observe', ['few-matches']])
    }
    assert.equal((await asked(b, body())).action, 'throttle')
    const other = { account: 'acme:2', prompt: seen(benignPrompt(random)) }
    assert.deepEqual([(await asked(b, other)).action, heldIn(await asked(b, other))], ['allow', []])
    // One account's matches are not another's, and without an account nothing is counted.
    assert.equal((await asked(b, { ...body(), account: 'acme:2' })).action, 'observe')
    assert.equal((await asked(b, { prompt: body().prompt })).action, 'observe')
  })

  it('sketches of two members that one account meets block it', async () => {
    assert.equal((await sketched(c, TEACHER, '--report')).code, 0)
    await equal([a, b, c])
    const meets = (frame: string) => ({ account: 'acme:3', prompt: seen(filled(frame, random)) })
    for (let i = 0; i < 5; i++) await asked(b, meets(TUTOR))
    for (let i = 0; i < 5; i++) await asked(b, meets(TEACHER))
    const both = seen(`${filled(TUTOR, random)}`)
    const answer = await asked(b, { account: 'acme:3', prompt: [both, meets(TEACHER).prompt] })
    assert.equal(answer.action, 'block')
    const members = answer.attributes.flatMap(({ reasons }) => reasons.map(({ member }) => member))
    assert.deepEqual(members.sort(), ['Lab A', 'Lab C'])
  })

  it('takes hashes that the caller made, and text that was written to hide', async () => {
    const hasher = new ShingleHasher(OPEN_FEDERATION.keys[0]!.key)
    const all = hasher.all(canonicalTokens(seen(filled(TUTOR, random))))
    const hashes = Array.from({ length: all.length / 2 }, (_, i) => {
      const half = (at: number) => all[2 * i + at]!.toString(16).padStart(8, '0')
      return half(0) + half(1)
    })
    const own = await asked(b, { account: 'acme:4', sketch: { [hasher.keyId]: hashes } })
    assert.deepEqual([own.action, heldIn(own)], ['observe', ['few-matches']])
    const hidden = filled(TUTOR, random).replaceAll('e', 'е').replaceAll(' ', ' \u200b ')
    assert.deepEqual(heldIn(await asked(b, { account: 'acme:5', prompt: seen(hidden) })), [
      'few-matches',
    ])
    const wrong = await b.request('POST', '/v1/check/request', { sketch: { zz: hashes } })
    assert.equal(wrong.status, 400)
    const nothing = await b.request('POST', '/v1/check/request', {})
    assert.equal(nothing.body['code'], 'nothing-asked')
  })

  it('what a public framework writes is refused by its owner’s node', async () => {
    const shingles = ['2 you must', '3 the following tools', '2 as best']
    const refused = await a.request('POST', '/v1/sketches', { shingles })
    assert.deepEqual([refused.status, refused.body['code']], [422, 'not-specific'])
  })

  it('edges of one node count together, and never hand on a prompt', async () => {
    const near = { name: 'near', role: 'gateway', keyed: true }
    const { body: made } = await b.request('POST', '/v1/tokens', near)
    const token = String(made['token'])
    const edges = [startEdge(b.api, token), startEdge(b.api, token)]
    const addresses = await Promise.all(edges.map(({ address }) => address))
    const ask = async (at: string, account: string) => {
      const body = JSON.stringify({ account, prompt: seen(filled(TUTOR, random)) })
      const headers = { 'x-api-key': token, 'content-type': 'application/json' }
      const answer = await fetch(`${at}/v1/check/request`, { method: 'POST', headers, body })
      const text = await answer.text()
      answers.push(text)
      return (JSON.parse(text) as Partial<Answer>).action
    }
    const isReady = async (at: string) => (await ask(at, 'acme:0')) === 'observe'
    for (const at of addresses) await until('an edge has a copy', () => isReady(at))
    const actions = []
    for (let i = 0; i < 6; i++) actions.push(await ask(addresses[i % 2]!, 'acme:9'))
    assert.deepEqual(actions, ['observe', 'observe', 'observe', 'observe', 'throttle', 'throttle'])
    for (const { child } of edges) child.kill('SIGTERM')
  })

  it('is explained, disputed and known by its name', async () => {
    const { stdout } = await fleet.cli(a, 'sketch', join(fleet.folder, 'campaign'), '--report')
    const name = /query\.sketch ([0-9a-f]{40}) /.exec(stdout)![1]!
    await equal([a, b, c])
    const explained = await fleet.cli(b, 'explain', 'sketch', `keyed:${name}`)
    assert.match(explained.stdout, new RegExp(`query\\.sketch ${name} `), explained.stderr)
    const disputed = await fleet.cli(
      b,
      ...['dispute', 'sketch', `keyed:${name}`, '--reason', 'shared-infrastructure'],
    )
    assert.equal(disputed.code, 0, disputed.stderr)
    assert.match((await fleet.cli(b, 'check', 'sketch', `keyed:${name}`)).stdout, /^observe/)
    const unknown = await fleet.cli(b, 'explain', 'sketch', `keyed:${'0'.repeat(40)}`)
    assert.match(unknown.stderr, /sketch-malformed/)
  })

  it('is taken back as any report is', async () => {
    const made = await a.request('POST', '/v1/revocations', {
      select: { type: 'sketch' },
      reason: 'reported-in-error',
    })
    assert.equal(made.body['revoked'], 2)
    const body = () => ({ account: 'acme:6', prompt: seen(filled(TUTOR, random)) })
    await until('nothing is said', async () => heldIn(await asked(b, body())).length === 0)
  })

  it('no four words of any prompt are on disk, on the wire, in print or an answer', async () => {
    const runs = new Set<string>()
    for (const prompt of prompts) {
      const words = prompt.split(/\s+/)
      for (let i = 0; i + 4 <= words.length; i += 4) runs.add(words.slice(i, i + 4).join(' '))
    }
    const search = new LeakSearch([...runs].slice(0, 2_000))
    const leaks: Leak[] = answers.flatMap((answer) => search.in('an answer', answer))
    assert.ok(wire.length > 0)
    leaks.push(...wire.flatMap((bytes) => search.in('the wire', bytes)))
    for (const lab of [a, b, c]) {
      await lab.end()
      leaks.push(...search.in(`${lab.name} prints`, lab.output))
      leaks.push(...(await search.inFiles(lab.data)))
      leaks.push(...(await search.inRows(join(lab.data, 'db'))))
    }
    assert.deepEqual(leaks, [])
    const planted = search.in('here', `x${[...runs][0]!}x`)
    assert.equal(planted.length, 1)
  })
})
