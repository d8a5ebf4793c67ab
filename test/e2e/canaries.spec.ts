/**
 * What must not leave, or stay: five hundred made-up customers' values put in wherever a value can
 * be put, and looked for wherever one could come out: rows and files of two labs, what they print,
 * what they answer.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { equal, Fleet } from '../support/fleet.js'
import { LeakSearch, type Leak } from '../support/leak-search.js'

const EACH = 100
const MADE = Array.from({ length: EACH }, (_, i) => {
  const n = String(71_000 + 13 * i)
  return {
    email: `canary.person${n}@customer-${n}.example.org`,
    phone: `+4930555${n}9`,
    'api-key': `sk-canary-${n}-0123456789abcdef`,
    account: `issuer${n}:acct-canary-${n}`,
    prompt: `canary prompt ${n}: explain the reward model step by step`,
  }
})
const CANARIES = MADE.flatMap((one) => Object.values(one))
const TYPES = ['email', 'phone', 'api-key', 'account'] as const

describe('canaries', function () {
  this.timeout(300_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess
  let token: string
  const search = new LeakSearch(CANARIES)
  const answers: string[] = []

  before(async () => {
    fleet = await Fleet.open()
    const flags = ['--log-level', 'debug']
    a = await fleet.lab('Lab A', { flags })
    b = await fleet.lab('Lab B', { flags })
    await a.admit(b)
    await b.admit(a)
    const made = await a.request('POST', '/v1/tokens', { name: 'all', role: 'detector' })
    token = made.body['token'] as string
  })
  after(() => fleet.close())

  /** Whatever comes of it; its answer is looked through, too. */
  const ask = async (
    method: string,
    path: string,
    body?: string | object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<number> => {
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
    const answer = await fetch(`${a.api}${path}`, {
      method,
      headers: {
        'x-api-key': token,
        ...(body === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const told = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n')
    answers.push(`${method} → ${answer.status}\n${told}\n${await answer.text()}`)
    return answer.status
  }

  it('go in at every door', async () => {
    for (const made of MADE) {
      const items = TYPES.map((type) => ({ type, value: made[type] }))
      for (const item of items) {
        assert.equal(await ask('POST', '/v1/reports', item), 422)
        // In a field that is not meant for it, and under a type that it is not of.
        await ask('POST', '/v1/reports', { ...item, type: 'ip' })
        await ask('POST', '/v1/reports', { type: 'ip', value: '45.7.1.1', category: item.value })
        await ask('POST', '/v1/revocations', { ...item, reason: item.value })
        await ask('GET', `/v1/check?${new URLSearchParams(item).toString()}`)
      }
      await ask('POST', '/v1/reports', items)
      await ask('POST', '/v1/reports', items.map((item) => JSON.stringify(item)).join('\n'))
      await ask('POST', '/v1/sightings', items[0])
      await ask('POST', '/v1/disputes', { ...items[1], reason: 'own-customer' })
      await ask('POST', '/v1/check', { items })
      await ask('POST', '/v1/check/request', { attributes: items, prompt: made.prompt })
      await ask('POST', '/v1/reports', { type: 'ip', value: '45.7.1.2', notes: made.prompt })
      await ask('POST', '/v1/reports', `{"type":"${made.prompt}`)
      await ask('GET', `/v1/nothing/${encodeURIComponent(made.prompt)}`)
    }
  })

  it('come by with every gateway’s request', async () => {
    for (const { email, phone, account, prompt, 'api-key': key } of MADE) {
      const visitor = { 'x-real-ip': '45.7.1.9', cookie: `who=${email}`, 'x-user': account }
      await ask('GET', `/authz/v1/chat?user=${encodeURIComponent(email)}`, undefined, visitor)
      await ask('GET', `/v1/decisions?ip=${encodeURIComponent(phone)}`)
      const body = {
        texts: [prompt],
        request_data: { user_api_key_user_email: email, user_api_key_hash: key },
        request_headers: { 'x-real-ip': '45.7.1.9', authorization: `Bearer ${key}` },
      }
      assert.equal(await ask('POST', '/beta/litellm_basic_guardrail_api', body), 200)
      const request = { json: { messages: [{ role: 'user', content: prompt }], user: account } }
      await ask('POST', '/guardrails/portkey', { request, metadata: { ip: '45.7.1.9', email } })
      await ask('GET', '/v1/status', undefined, { 'x-api-key': key })
      await ask('GET', '/v1/check?type=ip&value=45.7.1.9', undefined, { 'idempotency-key': key })
    }
  })

  it('are typed on the command line', async () => {
    const file = join(fleet.folder, 'given.ndjson')
    const lines = MADE.flatMap((made) =>
      TYPES.map((type) => JSON.stringify({ type, value: made[type] })),
    )
    await writeFile(file, lines.join('\n'))
    const [first] = MADE
    for (const args of [
      ['report', '--file', file],
      ['report', 'email', first!.email],
      ['check', 'phone', first!.phone],
      ['explain', 'account', first!.account],
      ['allow', 'add', 'email', first!.email, '--reason', 'x'],
    ]) {
      const { code, stdout, stderr } = await fleet.cli(a, ...args)
      assert.notEqual(code, 0, args.join(' '))
      answers.push(`${args[0]}\n${stdout}\n${stderr}`)
    }
  })

  it('are nowhere: not in answers, in print, in what a node tells, in rows or files', async () => {
    // So that something does travel.
    await a.request('POST', '/v1/reports', { type: 'ip', value: '45.7.9.9' })
    await equal([a, b])
    const leaks: Leak[] = answers.flatMap((answer) => search.in('an answer', answer))
    for (const lab of [a, b]) {
      for (const path of ['metrics', 'v1/status', 'v1/export', 'v1/ledger', 'v1/voids']) {
        const { text } = await lab.request('GET', `/${path}`)
        leaks.push(...search.in(`${lab.name} /${path}`, text))
      }
      const { text } = await lab.request('GET', '/v1/snapshot')
      leaks.push(...search.in(`${lab.name} snapshot`, text))
      await lab.end()
      leaks.push(...search.in(`${lab.name} prints`, lab.output))
      leaks.push(...(await search.inFiles(lab.data)))
      leaks.push(...(await search.inRows(join(lab.data, 'db'))))
    }
    assert.deepEqual(leaks, [])
    assert.ok(answers.length > 20 * EACH)
    assert.match(a.output, /"code"/)
  })

  it('would have been found: one planted at each place and in each form', async () => {
    const [{ email, prompt }] = MADE as [(typeof MADE)[number]]
    const forms = [
      email,
      Buffer.from(prompt).toString('hex').toUpperCase(),
      `x${Buffer.from(`..${email}..`).toString('base64')}`,
      Buffer.from(`.${prompt}`).toString('base64url'),
      encodeURIComponent(prompt),
    ]
    for (const form of forms) assert.equal(search.in('here', `a ${form} b`).length, 1, form)
    const folder = join(fleet.folder, 'planted')
    const lab = await fleet.lab('Planted', { data: folder })
    // The reason of an allow entry is local free text, and meant to be kept.
    const entry = { type: 'ip', value: '45.7.8.8', reason: prompt }
    assert.equal((await lab.request('POST', '/v1/allowlist', entry)).status, 201)
    assert.equal(search.in('answer', (await lab.request('GET', '/v1/allowlist')).text).length, 1)
    await lab.end()
    assert.ok((await search.inRows(join(folder, 'db'))).length > 0)
    await writeFile(join(folder, 'note'), email)
    assert.ok((await search.inFiles(folder)).some(({ canary }) => canary === email))
  })
})
