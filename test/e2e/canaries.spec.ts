/**
 * What must not leave, or stay: five hundred made-up customers' values put in wherever a value can
 * be put, with every keyed type switched on, and looked for wherever one could come out: rows and
 * files of two labs and an edge, what they print and answer, what a member receives, what a report
 * of a process tells that its runtime writes.
 */
import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LabProcess } from '../../src/cli/lab-process.js'
import { RawNode } from '../mesh/raw-node.js'
import { endEdges, startEdge, type EdgeProcess } from '../support/edge-process.js'
import { equal, Fleet, run } from '../support/fleet.js'
import { LeakSearch, type Leak } from '../support/leak-search.js'
import { listenTo } from '../support/listener.js'
import { until } from '../support/until.js'

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
/** Told only where it is planted: a clear value that a member is to hear. */
const PLANTED = 'planted-71000.example.org'
const CANARIES = [...MADE.flatMap((one) => Object.values(one)), PLANTED]
const TYPES = ['email', 'phone', 'api-key', 'account'] as const
const PATHS = [
  'metrics',
  'v1/status',
  'v1/export',
  'v1/ledger',
  'v1/voids',
  'v1/allowlist',
  'v1/indicators?limit=1000',
]
const ALL_KEYED = 'tools,account,email,phone,payment,api-key,prompt,line'

describe('canaries', function () {
  this.timeout(300_000)
  let fleet: Fleet
  let a: LabProcess, b: LabProcess
  let edge: EdgeProcess
  let token: string
  let near: string
  let reports: string
  const search = new LeakSearch(CANARIES)
  const answers: string[] = []
  /** As a member has it once the lines’ own encryption is off. */
  const wire: Uint8Array[] = []

  before(async () => {
    fleet = await Fleet.open()
    reports = join(fleet.folder, 'reports')
    await mkdir(reports)
    const env = {
      TOCSIN_KEYED_TYPES: ALL_KEYED,
      TOCSIN_API_DIALECTS_HEADERS: 'x-user=account',
      TOCSIN_API_DIALECTS_POINTERS: '/request_data/user_api_key_user_email=email',
      NODE_OPTIONS: `--report-on-signal --report-directory=${reports}`,
    }
    const flags = ['--log-level', 'debug']
    const data = join(fleet.folder, 'a')
    await run(['--data', data, 'federation', 'create', 'Labs'])
    const file = join(data, 'federation.yaml')
    await run(['--data', join(fleet.folder, 'b'), 'federation', 'join', file])
    a = await fleet.lab('Lab A', { flags, env, data })
    b = await fleet.lab('Lab B', { flags, env, data: join(fleet.folder, 'b') })
    await a.admit(b)
    await b.admit(a)
    const made = await a.request('POST', '/v1/tokens', { name: 'all', role: 'detector' })
    token = made.body['token'] as string
    const keyed = { name: 'near', role: 'gateway', keyed: true }
    const { body } = await a.request('POST', '/v1/tokens', keyed)
    near = String(body['token'])
    const store = ['--store', join(fleet.folder, 'edge'), '--log-level', 'debug']
    edge = startEdge(a.api, near, store, env)
    answers.push(`the edge is at ${await edge.address}`)
    await listenTo(a, wire)
  })
  after(async () => {
    endEdges()
    await RawNode.stopAll()
    await fleet.close()
  })

  /** Whatever comes of it; its answer is looked through, too. */
  const ask = async (
    method: string,
    path: string,
    body?: string | object,
    headers: Readonly<Record<string, string>> = {},
    at = a.api,
  ): Promise<number> => {
    const type = typeof body === 'string' ? 'application/x-ndjson' : 'application/json'
    const answer = await fetch(`${at}${path}`, {
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
        assert.equal(await ask('POST', '/v1/reports', item, { 'idempotency-key': item.value }), 201)
        assert.equal(await ask('POST', '/v1/explain', item), 403)
        // In a field that is not meant for it, and under a type that it is not of.
        await ask('POST', '/v1/reports', { ...item, type: 'ip' })
        await ask('POST', '/v1/reports', { type: 'ip', value: '45.7.1.1', category: item.value })
        await ask('POST', '/v1/revocations', { ...item, reason: item.value })
        assert.equal(await ask('GET', `/v1/check?${new URLSearchParams(item).toString()}`), 422)
      }
      await ask('POST', '/v1/reports', items)
      await ask('POST', '/v1/reports', items.map((item) => JSON.stringify(item)).join('\n'))
      await ask('POST', '/v1/sightings', items[0])
      await ask('POST', '/v1/disputes', { ...items[1], reason: 'own-customer' })
      assert.equal(await ask('POST', '/v1/check', { items }), 200)
      await ask('POST', '/v1/check/request', { attributes: items })
      const asked = { attributes: items, account: made.account, prompt: made.prompt }
      assert.equal(await ask('POST', '/v1/check/request', asked), 200)
      // They differ in a number alone, and numbers are no words: one line for all.
      const line = await ask('POST', '/v1/reports', { type: 'line', value: made.prompt })
      assert.equal(line, made === MADE[0] ? 201 : 200)
      await ask('POST', '/v1/reports', { type: 'prompt', value: made.prompt })
      await ask('POST', '/v1/sketches', { shingles: [made.prompt] })
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

  it('are looked up at an edge that has the keys', async () => {
    const at = await edge.address
    const credential = { 'x-api-key': near }
    for (const made of MADE) {
      const items = TYPES.map((type) => ({ type, value: made[type] }))
      await ask('POST', '/v1/check', { items }, credential, at)
      const visitor = { ...credential, 'x-real-ip': '45.7.1.9', 'x-user': made.account }
      await ask('GET', '/authz/v1/chat', undefined, visitor, at)
    }
    const [first] = MADE
    const body = JSON.stringify({ items: [{ type: 'email', value: first!.email }] })
    const headers = { ...credential, 'content-type': 'application/json' }
    const answer = await fetch(`${at}/v1/check`, { method: 'POST', headers, body })
    assert.equal(
      ((await answer.json()) as { verdicts: { action: string }[] }).verdicts[0]!.action,
      'block',
    )
  })

  it('are typed on the command line', async () => {
    const file = join(fleet.folder, 'given.ndjson')
    const lines = MADE.flatMap((made) =>
      TYPES.map((type) => JSON.stringify({ type, value: made[type] })),
    )
    await writeFile(file, lines.join('\n'))
    const [first] = MADE
    for (const args of [
      ['report', 'email', first!.email],
      ['check', 'phone', first!.phone],
      ['explain', 'account', first!.account],
      ['allow', 'add', 'email', first!.email, '--reason', 'x'],
    ]) {
      const { code, stdout, stderr } = await fleet.cli(a, ...args)
      assert.notEqual(code, 0, args.join(' '))
      answers.push(`${args[0]}\n${stdout}\n${stderr}`)
    }
    const said = await fleet.cli(a, 'report', '--file', file)
    assert.equal(said.code, 0, said.stderr)
    answers.push(said.stdout, said.stderr)
    for (const args of [
      ['check', 'email', '-'],
      ['explain', 'email', '-'],
      ['sighting', 'email', '-'],
      ['allow', 'add', 'email', '-', '--reason', 'x'],
      ['revoke', 'email', '-', '--reason', 'own-customer'],
    ]) {
      const { code, stdout, stderr } = await fleet.given(a, MADE[1]!.email, ...args)
      assert.equal(code, 0, stdout + stderr)
      answers.push(stdout, stderr)
    }
  })

  it('are nowhere: in no answer, print, metric, row, file, crash report, wire', async () => {
    await equal([a, b])
    await until(() => wire.length > EACH, { what: 'the member hears more', timeoutMs: 60_000 })
    const leaks: Leak[] = answers.flatMap((answer) => search.in('an answer', answer))
    leaks.push(...wire.flatMap((bytes) => search.in('the wire', bytes)))
    for (const lab of [a, b]) {
      process.kill(lab.pid!, 'SIGUSR2')
      for (const path of PATHS) {
        const { text } = await lab.request('GET', `/${path}`)
        leaks.push(...search.in(`${lab.name} /${path}`, text))
      }
      const { text } = await lab.request('GET', '/v1/snapshot')
      leaks.push(...search.in(`${lab.name} snapshot`, text))
    }
    process.kill(edge.child.pid!, 'SIGUSR2')
    const written = async () => (await readdir(reports)).length
    await until(async () => (await written()) === 3, { what: 'three reports', timeoutMs: 30_000 })
    leaks.push(...(await search.inFiles(reports)))
    edge.child.kill('SIGTERM')
    leaks.push(...search.in('the edge prints', edge.output()))
    leaks.push(...(await search.inFiles(join(fleet.folder, 'edge'))))
    for (const lab of [a, b]) {
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
    const [{ email, prompt, account }] = MADE as [(typeof MADE)[number]]
    const forms = [
      email,
      Buffer.from(prompt).toString('hex').toUpperCase(),
      `x${Buffer.from(`..${email}..`).toString('base64')}`,
      Buffer.from(`.${prompt}`).toString('base64url'),
      encodeURIComponent(prompt),
    ]
    for (const form of forms) assert.equal(search.in('here', `a ${form} b`).length, 1, form)
    const folder = join(fleet.folder, 'planted')
    // An environment is in every report of a process; names are in print and in metrics.
    const env = {
      PLANTED: email,
      NODE_OPTIONS: `--report-on-signal --report-directory=${reports}`,
    }
    const lab = await fleet.lab(account, { data: folder, env })
    // The reason of an allow entry is local free text, and meant to be kept.
    const entry = { type: 'ip', value: '45.7.8.8', reason: prompt }
    assert.equal((await lab.request('POST', '/v1/allowlist', entry)).status, 201)
    assert.equal(search.in('answer', (await lab.request('GET', '/v1/allowlist')).text).length, 1)
    const heard: Uint8Array[] = []
    await listenTo(lab, heard, MADE[1]!.account)
    const { text } = await lab.request('GET', '/metrics')
    assert.equal(search.in('metrics', text).length, 1)
    await lab.request('POST', '/v1/reports', { type: 'domain', value: PLANTED })
    const isHeard = () => heard.some((bytes) => search.in('the wire', bytes).length === 1)
    await until(isHeard, { what: 'the wire', timeoutMs: 30_000 })
    process.kill(lab.pid!, 'SIGUSR2')
    const isThere = async () => (await search.inFiles(reports)).some((one) => one.canary === email)
    await until(isThere, { what: 'a report', timeoutMs: 30_000 })
    await lab.end()
    assert.equal(search.in('print', lab.output).length, 1)
    assert.ok((await search.inRows(join(folder, 'db'))).length > 0)
    await writeFile(join(folder, 'note'), email)
    assert.ok((await search.inFiles(folder)).some(({ canary }) => canary === email))
  })
})
