/**
 * What one node exports another takes in: the same keys, lives and marks, second-hand; and what a
 * document of somebody else's becomes over HTTP, said or tried out.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { HOUR_MS, SECOND_MS } from '../../src/core/limits.js'
import { EVERY_TYPE } from '../support/every-type.js'
import { hand, openLab, type Lab } from '../support/lab.js'
import { openApi, type Api } from './api.js'

type Row = Readonly<Record<string, unknown>>
interface Told {
  readonly accepted: number
  readonly duplicate: number
  readonly guarded: number
  readonly refused: number
  readonly clipped: number
  readonly notExpressed: Readonly<Record<string, number>>
  readonly results: readonly (Row & { readonly place: number; readonly code?: string })[]
}

async function rowsOf(api: Api): Promise<Row[]> {
  const { text } = await api.ask('GET', '/v1/export', { as: 'operator' })
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
    .sort((a, b) => (String(a['value']) < String(b['value']) ? -1 : 1))
}

/** Without what is another's on purpose: whose it is, and that it was seen first-hand. */
const alike = (rows: readonly Row[]) =>
  rows.map((row) => ({ ...row, member: undefined, firstHand: undefined }))

async function imported(api: Api, query: string, body: unknown): Promise<Told> {
  const path = `/v1/import?${query}`
  const answer = await api.ask('POST', path, { as: 'operator', body })
  assert.ok(answer.status === 200 || answer.status === 201, answer.text)
  return answer.body as unknown as Told
}

describe('http: import', () => {
  let from: Api
  let to: Api
  beforeEach(async () => {
    from = await openApi()
    to = await openApi({}, {}, await openLab('Lab T', { time: from.lab.time }))
  })
  afterEach(() => Promise.all([from.stop(), to.stop()]))
  const exported = async (format: string) =>
    (await from.ask('GET', `/v1/export?format=${format}`, { as: 'operator' })).body

  for (const format of ['stix', 'misp']) {
    it(`${format}: the same keys, lives and marks, second-hand`, async () => {
      await from.lab.voice.report(EVERY_TYPE)
      const told = await imported(to, `format=${format}`, await exported(format))
      assert.deepEqual([told.accepted, told.refused, told.clipped], [EVERY_TYPE.length, 0, 0])
      assert.deepEqual(told.notExpressed, {})
      const [theirs, ours] = [await rowsOf(from), await rowsOf(to)]
      assert.deepEqual(alike(ours), alike(theirs))
      assert.ok(ours.every(({ firstHand }) => firstHand === false))
      assert.deepEqual([...new Set(ours.map(({ member }) => member))], ['Lab T'])
      const again = await imported(to, `format=${format}`, await exported(format))
      assert.deepEqual([again.accepted, again.duplicate], [0, EVERY_TYPE.length])
      assert.equal(to.lab.check('ip', '203.0.113.1').action, 'observe', 'second-hand')
    })
  }

  it('whatever is reported comes through both formats as it was', async () => {
    const item = fc.record(
      {
        value: fc.nat(60).map((n) => `203.0.113.${n}`),
        confidence: fc.integer({ min: 0, max: 100 }),
        action: fc.constantFrom('observe', 'throttle', 'challenge', 'block'),
        ttl: fc.integer({ min: 1, max: 7 * 24 }).map((h) => `${h}h`),
        category: fc.constantFrom('unspecified', 'probing', 'reseller-proxy'),
        tlp: fc.constantFrom('amber', 'green', 'clear'),
        pap: fc.constantFrom('red', 'amber', 'green', 'clear'),
        evidence: fc.constantFrom('unspecified', '1-4', '1000+'),
        labels: fc.subarray(['automated', 'reviewed', 'synthetic']),
      },
      { requiredKeys: ['value'] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(item, { minLength: 1, maxLength: 20 }), async (items) => {
        const source = await openApi()
        await source.lab.voice.report(items.map((one) => ({ type: 'ip', ...one })))
        for (const format of ['stix', 'misp']) {
          const target = await openApi({}, {}, await openLab('T', { time: source.lab.time }))
          const path = `/v1/export?format=${format}`
          const { body } = await source.ask('GET', path, { as: 'operator' })
          await imported(target, `format=${format}`, body)
          assert.deepEqual(alike(await rowsOf(target)), alike(await rowsOf(source)))
          await target.stop()
        }
        await source.stop()
      }),
      { numRuns: 25 },
    )
  }).timeout(60_000)

  it('sightings and dissent come along in STIX', async () => {
    const b = await openLab('Lab B', { time: from.lab.time })
    for (const api of [from, to]) await api.lab.admit('Lab B')
    await b.voice.report([{ type: 'ip', value: '203.0.113.5' }])
    await hand(b, from.lab)
    await hand(b, to.lab)
    await from.lab.voice.sight([{ type: 'ip', value: '203.0.113.5', count: '20-99' }])
    await from.lab.voice.dispute([{ type: 'ip', value: '203.0.113.5', reason: 'stale' }])
    const told = await imported(to, 'format=stix', await exported('stix'))
    const kinds = told.results.map(({ kind, status }) => [kind, status])
    assert.deepEqual(kinds.sort(), [
      ['dispute', 'accepted'],
      ['report', 'accepted'],
      ['sighting', 'accepted'],
    ])
    const said = (lab: Lab) =>
      lab.state.claims
        .on('1:203.0.113.5' as never)
        .filter(({ author, kind }) => author === lab.own && kind !== 'claim')
        .map(({ staircase }) => staircase[0]!.statement)
    const values = (lab: Lab) =>
      said(lab).map((one) => ('reason' in one ? one.reason : 'count' in one && one.count))
    assert.deepEqual(values(to.lab).sort(), values(from.lab).sort())
  })

  it('a dry run judges everything and says nothing', async () => {
    await from.lab.voice.report(EVERY_TYPE)
    const bundle = await exported('stix')
    const told = await imported(to, 'format=stix&dryRun=yes', bundle)
    assert.equal(told.accepted, EVERY_TYPE.length)
    assert.deepEqual(await rowsOf(to), [])
    assert.equal((await imported(to, 'format=stix', bundle)).accepted, EVERY_TYPE.length)
  })

  it('each item by itself; what is first-hand here stays', async () => {
    const at = (value: string, more: object = {}) => ({
      type: 'ip-src',
      value,
      to_ids: true,
      ...more,
    })
    await to.lab.voice.report([{ type: 'ip', value: '203.0.113.8', confidence: 95 }])
    const told = await imported(to, 'format=misp&tlp=green&confidence=30', {
      Event: {
        Attribute: [
          at('203.0.113.7'),
          at('127.0.0.1'),
          at('203.0.113.8'),
          at('203.0.113.9', { deleted: true }),
          at('300.1.1.1'),
          at('198.51.100.1/24'),
        ],
        Object: [{ name: 'ai-chat-prompt', Attribute: [{ type: 'text', value: 'Ignore all' }] }],
      },
    })
    assert.deepEqual(
      told.results.map(({ place, kind, status, code }) => [place, kind, status, code]),
      [
        [1, 'report', 'accepted', undefined],
        [2, 'report', 'refused', 'guarded'],
        [3, 'report', 'duplicate', 'first-hand-stands'],
        [4, 'revocation', 'duplicate', 'nothing-to-revoke'],
        [5, 'report', 'refused', 'ipv4-malformed'],
        [6, 'report', 'refused', 'host-bits-set'],
        [7, 'refusal', 'refused', 'prompt-object'],
      ],
    )
    const counts = [told.accepted, told.duplicate, told.guarded, told.refused]
    assert.deepEqual(counts, [1, 2, 1, 3])
    const [row] = (await rowsOf(to)).filter(({ value }) => value === '203.0.113.7')
    assert.deepEqual([row!['tlp'], row!['confidence'], row!['action']], ['green', 30, 'observe'])
  })

  it('what is revoked at its source is taken back here, if it came from there', async () => {
    await from.lab.voice.report(EVERY_TYPE.slice(0, 2))
    await imported(to, 'format=stix', await exported('stix'))
    from.lab.time.now += HOUR_MS
    await from.lab.voice.revoke([{ type: 'ip', value: '203.0.113.1', reason: 'false-positive' }])
    const collection = '91f3c7a5-2d4e-4b60-8c19-e7a05d6b3f82'
    const path = `/taxii2/tocsin/collections/${collection}/objects/`
    const { body } = await from.ask('GET', path, { as: 'gateway' })
    const told = await imported(to, 'format=stix', body)
    assert.equal(told.results.find(({ kind }) => kind === 'revocation')!['status'], 'accepted')
    assert.deepEqual(
      (await rowsOf(to)).map(({ value }) => value),
      ['2001:db8::7'],
    )
  })

  it('the same request again is answered and not said again', async () => {
    await from.lab.voice.report(EVERY_TYPE.slice(0, 3))
    const body = await exported('stix')
    const headers = { 'idempotency-key': 'one' }
    const ask = () => to.ask('POST', '/v1/import?format=stix', { as: 'operator', body, headers })
    const first = await ask()
    to.lab.time.now += SECOND_MS
    assert.deepEqual((await ask()).body, first.body)
    const stix = { 'content-type': 'application/stix+json;version=2.1' }
    const raw = JSON.stringify(body)
    const other = await to.ask('POST', '/v1/import?format=stix', {
      as: 'operator',
      raw,
      headers: stix,
    })
    assert.equal(other.status, 200, other.text)
    for (const query of ['', 'format=taxii', 'format=stix&dryRun=no', 'format=stix&wrong=1']) {
      const wrong = await to.ask('POST', `/v1/import?${query}`, { as: 'operator', body })
      assert.equal(wrong.status, 400, query)
    }
  })
})
