/** The policy over the API: shown, tried on everything live, changed; and pauses. */
import assert from 'node:assert/strict'
import { LIMITS } from '../../src/core/limits.js'
import { hand, openLab } from '../support/lab.js'
import { openApi, type Answer, type Api } from './api.js'

const as = 'operator'
const yaml = { 'content-type': 'text/yaml' }
const HOUR = 3_600_000

async function heardFrom(
  api: Api,
  name: string,
  items: readonly { type: string; value: string }[],
) {
  const lab = await openLab(name)
  await api.lab.admit(name)
  for (let i = 0; i < items.length; i += 1_000) await lab.voice.report(items.slice(i, i + 1_000))
  await hand(lab, api.lab)
}

const addresses = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ type: 'ip', value: `45.0.${i >> 8}.${i & 255}` }))

describe('http: policy', () => {
  let api: Api
  beforeEach(async () => (api = await openApi()))
  afterEach(() => api.stop())
  const tryOut = (text: string) =>
    api.ask('POST', '/v1/policy/test', { as, raw: text, headers: yaml })
  const put = (text: string) => api.ask('PUT', '/v1/policy', { as, body: { text } })

  it('is shown, changed and shown again; as YAML or as text in JSON', async () => {
    const before = (await api.ask('GET', '/v1/policy', { as })).body
    assert.equal(before['hash'], (await api.ask('GET', '/v1/status', { as })).body['policyHash'])
    const changed = await put('quorum: 3')
    assert.deepEqual([changed.status, changed.body['changed']], [200, true])
    assert.equal((await put('quorum: 3 # again')).body['changed'], false)
    const raw = 'shadow: {members: [Nobody], types: [ja5]}'
    const { body } = await api.ask('PUT', '/v1/policy', { as, raw, headers: yaml })
    assert.deepEqual([body['text'], body['errors']], [raw, []])
    assert.match(JSON.stringify(body['warnings']), /no member is named Nobody/)
    assert.notEqual(body['hash'], before['hash'])
    const unknown = { as, raw, headers: { 'content-type': 'text/csv' } } as const
    assert.equal((await api.ask('PUT', '/v1/policy', unknown)).status, 415)
    assert.equal((await api.ask('PUT', '/v1/policy', { as, body: { txt: raw } })).status, 400)
    assert.equal((await api.ask('GET', '/v1/policy', { as: 'detector' })).status, 403)
  })

  it('policy-invalid: all mistakes, and nothing changes', async () => {
    const before = (await api.ask('GET', '/v1/policy', { as })).text
    const text = 'quorum: 0\npap: {red: block}\n'
    for (const answer of [await put(text), await tryOut(text)]) {
      assert.deepEqual([answer.status, answer.body['code']], [422, 'policy-invalid'])
      assert.deepEqual(
        (answer.body['errors'] as { key: string }[]).map(({ key }) => key),
        ['quorum', 'pap.red'],
      )
    }
    assert.equal((await api.ask('GET', '/v1/policy', { as })).text, before)
  })

  it('policy-packaged: the packaged file is not written', async () => {
    const { policies } = api.lab
    const refusing = await openApi({
      policies: {
        ...policies,
        apply: () => Promise.resolve({ ok: false, code: 'policy-packaged' }),
      },
    })
    const answer = await refusing.ask('PUT', '/v1/policy', { as, body: { text: '' } })
    assert.deepEqual([answer.status, answer.body['code']], [409, 'policy-packaged'])
    await refusing.stop()
  })

  it('a trial counts what would turn, with reasons, and changes nothing', async () => {
    const shared = { type: 'ip', value: '198.51.100.7' }
    await heardFrom(api, 'B', [...addresses(30), shared, { type: 'asn', value: '64496' }])
    await heardFrom(api, 'C', [shared, { type: 'domain', value: 'example.com' }])
    const { status, body } = await tryOut('quorum: 3\ntrust: {corroborate: {alone: observe}}')
    assert.equal(status, 200)
    assert.deepEqual([body['complete'], body['looked'], body['flips']], [true, 33, 31])
    assert.deepEqual(body['byChange'], [
      { from: 'throttle', to: 'observe', count: 30, byType: { 'net.ipv4': 30 } },
      { from: 'block', to: 'observe', count: 1, byType: { 'net.ipv4': 1 } },
    ])
    const examples = body['examples'] as { from: string; value: string; reasons: object[] }[]
    assert.equal(examples.length, LIMITS.policyTestExamples + 1)
    const blocked = examples.find(({ from }) => from === 'block')!
    assert.equal(blocked.value, shared.value)
    assert.equal(blocked.reasons.length, 2)
    assert.ok('held' in blocked.reasons[0]! && !('heldNow' in blocked.reasons[0]!))
    assert.equal(api.lab.check('ip', shared.value).action, 'block')
    await put('quorum: 3\ntrust: {corroborate: {alone: observe}}')
    assert.equal(api.lab.check('ip', shared.value).action, 'observe')
    assert.deepEqual(
      (await tryOut('quorum: 3\ntrust: {corroborate: {alone: observe}}')).body['flips'],
      0,
    )
  })

  it('a trial’s shares of a flood leave those in force alone', async () => {
    await heardFrom(api, 'B', addresses(30))
    const { body } = await tryOut('bulkhead: {keys: {percent: 1, min: 0}}')
    assert.ok((body['flips'] as number) > 0, 'a bulkhead of nothing holds everything')
    assert.match(JSON.stringify(body['examples']), /"held":"bulkhead"/)
    assert.equal(api.lab.check('ip', '45.0.0.29').action, 'throttle')
  })

  it('look-ups are answered while a trial goes on', async () => {
    await heardFrom(api, 'B', addresses(4_000))
    let ended = false
    const trial = tryOut('quorum: 3').finally(() => (ended = true))
    let meanwhile = 0
    while (!ended) {
      const answer = await api.ask('GET', '/v1/check?type=ip&value=45.0.0.1', { as: 'gateway' })
      assert.equal(answer.body['action'], 'throttle')
      if (!ended) meanwhile++
    }
    assert.equal((await trial).body['looked'], 4_000)
    assert.ok(meanwhile >= 3, `${meanwhile} look-ups`)
  })

  it('exports follow the TLP table, and never more', async () => {
    const item = { type: 'ip', value: '198.51.100.7' }
    await api.lab.voice.report([
      { ...item, tlp: 'amber' },
      { ...item, value: '198.51.100.8', tlp: 'amber+strict' },
      { ...item, value: '198.51.100.9', tlp: 'clear' },
    ])
    const exported = async () => {
      const { text } = await api.ask('GET', '/v1/export?format=text', { as })
      return text.trim().split('\n')
    }
    assert.deepEqual(await exported(), ['198.51.100.7', '198.51.100.9'])
    await put('tlp: {amber: {export: false}}')
    assert.deepEqual(await exported(), ['198.51.100.9'])
    assert.equal((await put('tlp: {amber+strict: {export: true}}')).status, 422)
  })
})

describe('http: pauses', () => {
  let api: Api
  beforeEach(async () => (api = await openApi()))
  afterEach(() => api.stop())
  const pause = (body: object) => api.ask('POST', '/v1/admin/pause', { as, body })
  const resume = (body: object = {}) => api.ask('POST', '/v1/admin/resume', { as, body })
  const report = (value: string) =>
    api.ask('POST', '/v1/reports', { as, body: { type: 'ip', value } })
  const check = () => api.ask('GET', '/v1/check?type=ip&value=198.51.100.7', { as })
  const shown = ({ body }: Answer) => Object.keys((body['paused'] ?? {}) as object)

  it('enforce: no verdict is more than observe, to the millisecond', async () => {
    await report('198.51.100.7')
    assert.equal((await check()).body['action'], 'block')
    const paused = await pause({ what: 'enforce', for: '1h', reason: 'customers locked out' })
    assert.deepEqual([paused.status, shown(paused)], [200, ['enforce']])
    const at = api.lab.time.now
    for (const ms of [0, HOUR - 1]) {
      api.lab.time.now = at + ms
      const { body } = await check()
      assert.deepEqual([body['action'], body['paused']], ['observe', true])
      const request = { attributes: [{ type: 'ip', value: '198.51.100.7' }] }
      const whole = await api.ask('POST', '/v1/check/request', { as, body: request })
      assert.deepEqual([whole.body['action'], whole.body['paused']], ['observe', true])
      const brief = await api.ask('GET', '/v1/check?type=ip&value=198.51.100.7&view=action', { as })
      assert.equal(brief.body['action'], 'observe')
    }
    const status = (await api.ask('GET', '/v1/status', { as })).body['paused']
    assert.deepEqual(status, {
      enforce: {
        since: new Date(at).toISOString(),
        until: new Date(at + HOUR).toISOString(),
        reason: 'customers locked out',
        by: 'operator',
      },
    })
    assert.equal((await api.ask('GET', '/readyz', { as })).status, 200)
    api.lab.time.now = at + HOUR
    assert.deepEqual(
      [(await check()).body['action'], (await check()).body['paused']],
      ['block', undefined],
    )
    assert.equal((await api.ask('GET', '/v1/status', { as })).body['paused'], null)
  })

  it('publish-paused: nothing is said or acknowledged, all else goes on', async () => {
    await pause({ what: 'publish', for: '30m', reason: 'key under suspicion' })
    const refused = await report('198.51.100.7')
    assert.deepEqual([refused.status, refused.body['code']], [503, 'publish-paused'])
    assert.equal(refused.body['until'], new Date(api.lab.time.now + HOUR / 2).toISOString())
    const revocation = { type: 'ip', value: '198.51.100.7', reason: 'legal' }
    assert.equal((await api.ask('POST', '/v1/revocations', { as, body: revocation })).status, 503)
    assert.equal(api.lab.state.heads.size, 0)
    await heardFrom(api, 'B', [{ type: 'ip', value: '198.51.100.7' }])
    assert.equal((await check()).body['action'], 'throttle', 'others are heard')
    assert.equal(api.lab.published.length, 0)
    const ended = await resume({ what: 'publish' })
    assert.deepEqual([ended.body['resumed'], ended.body['paused']], [['publish'], null])
    assert.equal((await report('198.51.100.7')).status, 201)
  })

  it('both at once, each lifted by itself or all together', async () => {
    await pause({ what: 'enforce', reason: 'a' })
    await pause({ what: 'publish', reason: 'b' })
    assert.deepEqual((await resume({ what: 'publish' })).body['resumed'], ['publish'])
    assert.deepEqual(shown(await pause({ what: 'publish', reason: 'c' })), ['enforce', 'publish'])
    assert.deepEqual((await resume()).body['resumed'], ['enforce', 'publish'])
    assert.deepEqual((await resume()).body['resumed'], [])
  })

  it('refuses a pause without reason, of nothing, or for how long nobody knows', async () => {
    for (const body of [
      { what: 'enforce' },
      { what: 'enforce', reason: '' },
      { what: 'enforce', reason: 'x'.repeat(LIMITS.pauseReasonMax + 1) },
      { what: 'everything', reason: 'x' },
      { what: 'enforce', reason: 'x', for: 'ever' },
      { what: 'enforce', reason: 'x', for: '181d' },
    ]) {
      assert.equal((await pause(body)).body['code'], 'request-malformed', JSON.stringify(body))
    }
    const detector = { as: 'detector', body: { what: 'enforce', reason: 'x' } } as const
    assert.equal((await api.ask('POST', '/v1/admin/pause', detector)).status, 403)
  })
})
