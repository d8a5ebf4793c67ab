/** Explanations and decision ids over the API: real labs and envelopes, evidence that verifies. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { checkEvidence } from '../../src/core/evidence-check.js'
import type { EvidenceFile } from '../../src/core/evidence.js'
import { HOUR_MS } from '../../src/core/limits.js'
import type { Explanation } from '../../src/lookup/explain.js'
import { Decisions } from '../../src/lookup/decision.js'
import { DEFAULT_POLICY } from '../../src/policy/rules.js'
import { hand, NOW, openLab, type Lab } from '../support/lab.js'
import { openApi, type Api } from './api.js'

const IP = '198.51.100.7'

interface Explained extends Explanation {
  readonly evidence: EvidenceFile
  readonly voids: readonly unknown[]
}

interface Decided {
  readonly decision: Record<string, unknown>
  readonly since: {
    readonly policyChanged: boolean
    readonly said: readonly { readonly member: string; readonly state: string }[]
    readonly ended: readonly { readonly member: string }[]
  }
  readonly explanations: readonly Explanation[]
  readonly affected: { readonly lookUps: number; readonly byAction: object }
  readonly evidence: EvidenceFile
  readonly request?: { readonly action: string }
}

describe('http: explain', () => {
  let api: Api
  let b: Lab
  let policy = DEFAULT_POLICY
  beforeEach(async () => {
    policy = DEFAULT_POLICY
    api = await openApi({ lookup: () => ({ ...api.lab.desk.lookup(), policy }) })
    b = await openLab('B', { time: api.lab.time })
    await api.lab.admit('Lab B', 'corroborate', 'member', 'B')
  })
  afterEach(() => api.stop())

  const ask = async <Body>(path: string): Promise<Body> => {
    const { status, body, text } = await api.ask('GET', path, { as: 'operator' })
    assert.equal(status, 200, text)
    return body as unknown as Body
  }
  const codeOf = async (path: string): Promise<string> => {
    const { status, body } = await api.ask('GET', path, { as: 'operator' })
    return `${status} ${String(body['code'])}`
  }
  const said = async (lab: Lab, item: object = {}) => {
    await lab.voice.report([{ type: 'ip', value: IP, ...item }])
    if (lab !== api.lab) await hand(lab, api.lab)
  }

  it('who says what, what bounds it, what would change it, with proof', async () => {
    await said(b, { ttl: '2h' })
    const explained = await ask<Explained>(`/v1/explain?type=ip&value=${IP}`)
    const { verdict, keys, changes, evidence, voids } = explained
    assert.deepEqual([verdict.action, verdict.policy, voids], ['throttle', evidence.policy, []])
    assert.deepEqual(keys[0]!.said[0]!.effect!.held, 'needs-more-members')
    assert.ok(!('entry' in keys[0]!.said[0]!))
    assert.ok(changes.some(({ code, action }) => code === 'one-more-member' && action === 'block'))
    assert.deepEqual(evidence.questions, [{ type: 'net.ipv4', value: IP, action: 'throttle' }])
    const checked = checkEvidence(evidence)
    assert.ok(checked.ok && checked.value.ok)
    assert.deepEqual(
      checked.value.statements.map(({ state, says }) => [state, says['value']]),
      [['proven', IP]],
    )
  })

  it('what may not leave stays out of evidence', async () => {
    await said(b, { tlp: 'amber+strict' })
    const { evidence, keys } = await ask<Explained>(`/v1/explain?type=ip&value=${IP}`)
    assert.equal(keys[0]!.said.length, 1)
    assert.deepEqual(
      [evidence.envelopes[0]!.payload, evidence.envelopes[0]!.statements],
      ['marks', []],
    )
  })

  it('a payload that is gone leaves its header', async () => {
    await said(b, { ttl: '2h' })
    const readLog: Api['lab']['store']['logRows'] = async (...range) => {
      const rows = await api.lab.store.logRows(...range)
      return rows.map((row) => ({ ...row, payload: null }))
    }
    const bare = await openApi({
      state: api.lab.state,
      lookup: () => api.lab.desk.lookup(),
      readLog,
    })
    const { body } = await bare.ask('GET', `/v1/explain?type=ip&value=${IP}`, { as: 'operator' })
    const { envelopes } = body['evidence'] as EvidenceFile
    assert.equal(envelopes[0]!.payload, 'gone')
    await bare.stop()
  })

  it('questions that cannot be asked', async () => {
    assert.equal(await codeOf('/v1/explain?type=ip&value=300.1.1.1'), '422 ipv4-malformed')
    assert.equal(await codeOf('/v1/explain?type=account&value=acme:1'), '422 use-post')
    assert.equal(await codeOf('/v1/explain?type=ip'), '400 request-malformed')
  })

  it('a decision: what was decided, and what has changed since', async () => {
    await said(b, { ttl: '1h' })
    const { decisionId } = api.lab.check('ip', IP)
    const path = `/v1/decisions/by-id/${decisionId}`
    const first = await ask<Decided>(path)
    assert.deepEqual(first.decision, {
      at: new Date(NOW).toISOString(),
      action: 'throttle',
      policy: first.evidence.policy,
      asked: [{ type: 'net.ipv4', value: IP }],
    })
    assert.deepEqual(
      [first.since.policyChanged, first.since.said, first.since.ended],
      [false, [], []],
    )
    api.lab.time.now += 2 * HOUR_MS
    await said(api.lab)
    policy = { ...DEFAULT_POLICY, quorum: 3 }
    const later = await ask<Decided>(path)
    assert.equal(later.since.policyChanged, true)
    assert.deepEqual(
      later.since.said.map(({ member }) => member),
      ['Lab A'],
    )
    assert.deepEqual(
      later.since.ended.map(({ member }) => member),
      ['Lab B'],
    )
    assert.deepEqual(later.explanations[0]!.verdict.action, 'block')
    assert.equal(later.decision['action'], 'throttle')
  })

  it('a decision names the look-ups that the same reports have met', async () => {
    await said(b)
    const check = () => api.ask('GET', `/v1/check?type=ip&value=${IP}`, { as: 'gateway' })
    const ids = [await check(), await check()].map(({ body }) => String(body['decisionId']))
    await api.ask('GET', '/v1/check?type=ip&value=203.0.113.1', { as: 'gateway' })
    const { affected } = await ask<Decided>(`/v1/decisions/by-id/${ids[0]!}`)
    assert.deepEqual([affected.lookUps, affected.byAction], [2, { throttle: 2 }])
  })

  it('a decision on a whole request explains each attribute that spoke', async () => {
    await said(b)
    const attributes = [
      { type: 'ip', value: IP },
      { type: 'email-domain', value: 'bad.example' },
    ]
    await b.voice.report([attributes[1]!])
    await hand(b, api.lab)
    const answer = await api.ask('POST', '/v1/check/request', {
      as: 'gateway',
      body: { attributes },
    })
    const id = String(answer.body['decisionId'])
    const { explanations, request, decision } = await ask<Decided>(`/v1/decisions/by-id/${id}`)
    assert.equal(explanations.length, 2)
    assert.deepEqual([request!.action, decision['action']], ['throttle', 'throttle'])
  })

  it('ids of a follower open from its first answer on: the key comes with its copy', async () => {
    const { headers, status } = await api.ask('GET', '/v1/snapshot', { as: 'gateway' })
    assert.equal(status, 200)
    const key = Buffer.from(String(headers['x-tocsin-decision-key']), 'base64')
    const asked = [{ type: 1, value: IP }]
    const decision = { timeMs: NOW, policy: 'x', action: 'allow', asked } as const
    const id = new Decisions(key, randomBytes).seal(decision)
    const opened = await api.ask('GET', `/v1/decisions/by-id/${id}`, { as: 'operator' })
    assert.equal(opened.status, 200)
  })

  it('ids of others, changed ones and what is no id have codes of their own', async () => {
    const { decisionId } = api.lab.check('ip', IP)
    const swapped = decisionId[5] === 'A' ? 'B' : 'A'
    const changed = decisionId.slice(0, 5) + swapped + decisionId.slice(6)
    assert.equal(await codeOf(`/v1/decisions/by-id/${changed}`), '404 decision-unknown')
    assert.equal(await codeOf('/v1/decisions/by-id/garbled'), '422 decision-malformed')
    assert.equal(await codeOf('/v1/decisions/by-id/x%20y'), '422 decision-malformed')
  })
})
