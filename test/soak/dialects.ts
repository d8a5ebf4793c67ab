/**
 * A million strange requests for each dialect: no wrong allow, no error of ours, memory flat. The
 * expected answer comes from a matcher of ten lines that shares no code with ours.
 */
import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { createApp } from '../../src/http/app.js'
import { openLab } from '../support/lab.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures, type SoakOptions } from '../support/soak-run.js'
import { BLOCKED, isBlocked, Strange } from '../support/strange-requests.js'
import { appOf, DIALECTS, TOKENS } from '../http/api.js'

const LITELLM = '/beta/litellm_basic_guardrail_api'
const PORTKEY = '/guardrails/portkey'
const POINTER = '/request_headers/x-real-ip'

export interface DialectsOptions extends SoakOptions {
  /** Of each dialect. */
  readonly requests: number
}

type App = Awaited<ReturnType<typeof createApp>>

export async function strangeDialects({
  seed,
  requests,
  msMax,
}: DialectsOptions): Promise<Figures> {
  const lab = await openLab('Lab A')
  await lab.voice.report(BLOCKED.map((value) => ({ type: 'ip', value })))
  const dialects = { ...DIALECTS, pointers: new Map([[POINTER, 'ip']]) }
  const app = await appOf(lab, { dialects })
  const strange = new Strange(new Random(seed))
  const end = performance.now() + msMax
  const counts = { requests: 0, blocked: 0, passed: 0 }
  const tell = (passed: boolean) => (passed ? counts.passed++ : counts.blocked++)
  const memory: number[] = []
  for (let i = 0; i < requests && performance.now() < end; i++) {
    tell(await authz(app, strange))
    tell(await guardrail(app, strange, LITELLM, ['request_headers', 'x-real-ip']))
    tell(await guardrail(app, strange, PORTKEY, ['metadata', 'ip']))
    tell(await crowdsec(app, strange))
    await stream(app, strange)
    await list(app, strange)
    counts.requests = i + 1
    if (i % Math.ceil(requests / 10) === 0) memory.push(heapMb())
  }
  memory.push(heapMb())
  await app.close()
  assert.ok(counts.blocked > requests / 4 && counts.passed > requests / 4, 'both are met')
  // After the first tenth everything that grows has grown.
  const growth = memory.at(-1)! - memory[1]!
  assert.ok(growth < 24, `the heap grew by ${growth} MB: ${memory.join(' ')}`)
  return { ...counts, heapMbFirst: memory[1]!, heapMbLast: memory.at(-1)! }
}

/** What is still needed: measured after a collection. */
function heapMb(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return Math.round(process.memoryUsage().heapUsed / 2 ** 20)
}

async function authz(app: App, strange: Strange): Promise<boolean> {
  const { method, path, headers, body } = strange.authz()
  const joined: Record<string, string> = {}
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    joined[key] = key in joined ? `${joined[key]}, ${value}` : value
  }
  const answer = await app.inject({
    method: method as 'GET',
    url: path,
    headers: { ...joined, 'x-api-key': TOKENS.gateway },
    ...(body === undefined ? {} : { payload: body }),
  })
  const told = `${method} ${path} ${JSON.stringify(headers)} → ${answer.statusCode}`
  assert.ok(answer.statusCode === 200 || answer.statusCode === 403, told)
  const passed = answer.statusCode === 200
  const seen = expectedAddress(joined)
  if (passed) assert.ok(seen !== undefined && !isBlocked(seen), `a wrong allow: ${told}`)
  else assert.ok(seen === undefined || isBlocked(seen) || !isAddress(seen), `a wrong deny: ${told}`)
  return passed
}

/** What a proxy meant, by the rule as it is written down. */
function expectedAddress(headers: Readonly<Record<string, string>>): string | undefined {
  const one = headers['x-real-ip'] ?? headers['x-envoy-external-address']
  if (one !== undefined) return one.trim()
  const hops = (headers['x-forwarded-for'] ?? '').split(',').map((hop) => hop.trim())
  return hops.reverse().find((hop) => !/^127\./.test(hop) && hop !== '::1')
}

function isAddress(text: string): boolean {
  return isIP(text.trim()) !== 0 && !text.includes('%')
}

async function guardrail(
  app: App,
  strange: Strange,
  url: string,
  place: readonly string[],
): Promise<boolean> {
  const { body, address } = strange.guardrail(place)
  const headers = {
    'x-api-key': TOKENS.gateway,
    'content-type': strange.one(['application/json', 'text/x']),
  }
  const answer = await app.inject({ method: 'POST', url, headers, payload: body })
  assert.equal(answer.statusCode, 200, body)
  const told: Record<string, unknown> = answer.json()
  const passed = told['verdict'] === true || told['action'] === 'NONE'
  assert.ok(passed || told['verdict'] === false || told['action'] === 'BLOCKED', answer.body)
  if (passed) assert.ok(isAddress(address) && !isBlocked(address), `a wrong allow: ${body}`)
  else assert.ok(!isAddress(address) || isBlocked(address), `a wrong deny: ${body}`)
  return passed
}

/** A miss is exactly `null`; what is no address is told so, and never as a miss. */
async function crowdsec(app: App, strange: Strange): Promise<boolean> {
  const address = strange.address()
  const name = strange.one(['ip', 'range', 'scope=ip&value', 'limit=x&ip'])
  const url = `/v1/decisions?${name}=${encodeURIComponent(address)}`
  const answer = await app.inject({ method: 'GET', url, headers: { 'x-api-key': TOKENS.gateway } })
  const told = `${url} → ${answer.statusCode} ${answer.body}`
  if (answer.statusCode === 400) {
    assert.ok(!isAddress(address), told)
    return false
  }
  assert.equal(answer.statusCode, 200, told)
  const passed = answer.body === 'null'
  assert.equal(passed, !isBlocked(address), told)
  if (!passed) assert.equal((answer.json() as unknown[]).length, 1, told)
  return passed
}

/** Whatever is asked: what is to be added is blocked, and nothing blocked is to be removed. */
async function stream(app: App, strange: Strange): Promise<void> {
  const { query, agent } = strange.poll()
  const url = `/v1/decisions/stream?${query}`
  const headers = { 'x-api-key': TOKENS.gateway, 'user-agent': agent }
  const answer = await app.inject({ method: strange.one(['GET', 'GET', 'HEAD']), url, headers })
  const told = `${url} ${agent} → ${answer.statusCode} ${answer.body}`
  assert.equal(answer.statusCode, 200, told)
  if (answer.body === '') return
  const said: Record<'new' | 'deleted', readonly { readonly value: string }[] | null> =
    answer.json()
  const [fresh, gone] = [said.new ?? [], said.deleted ?? []]
  assert.ok(fresh.every(holdsBlocked), `added wrongly: ${told}`)
  assert.ok(!gone.some(holdsBlocked), `removed wrongly: ${told}`)
  if (query === 'startup=true') assert.ok(fresh.length >= BLOCKED.length, `cut short: ${told}`)
}

/** A list holds what is blocked, all of it where all is asked for, and nothing else. */
async function list(app: App, strange: Strange): Promise<void> {
  const { name, query } = strange.list()
  const url = `/export/${name}?${query}`
  const headers = { 'x-api-key': TOKENS.gateway, 'if-none-match': strange.one(['', '*', '"x"']) }
  const answer = await app.inject({ method: 'GET', url, headers })
  const told = `${url} → ${answer.statusCode} ${answer.body}`
  assert.ok([200, 400].includes(answer.statusCode), told)
  if (answer.statusCode === 400) return
  const values = answer.body.match(ADDRESSES) ?? []
  assert.ok(
    values.every((value) => holdsBlocked({ value })),
    told,
  )
  if (query === '') assert.equal(new Set(values).size, BLOCKED.length, told)
}

const ADDRESSES = /(?<![\w.:])(?:\d+(?:\.\d+){3}|[0-9a-f]+:[0-9a-f:]+:)(?:\/\d+)?/g

function holdsBlocked({ value }: { readonly value: string }): boolean {
  return isBlocked(value.replace(/\/\d+$/, ''))
}

await runSoak(import.meta.url, 'dialects', (options) =>
  strangeDialects({ requests: 1_000_000, ...options }),
)
