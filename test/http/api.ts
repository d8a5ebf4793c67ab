/**
 * The API on real listeners over a lab in memory: real state, voice and lists, no mesh and no disk.
 * Tests put a part of their own in the place of any of these.
 */
import { LedgerWriter } from '../../src/core/ledger.js'
import { mkdtemp, rm } from 'node:fs/promises'
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { LOOPBACK, trustedProxies } from '../../src/core/client-address.js'
import { formatCard, OPEN_FEDERATION, peerNameOf } from '../../src/core/identity.js'
import type { Link } from '../../src/core/mesh-port.js'
import { decisionKey } from '../../src/lookup/decision.js'
import type { ReadValue } from '../../src/core/key-ring.js'
import { QuickAnswers } from '../../src/lookup/quick-answers.js'
import { Prompts } from '../../src/lookup/prompts.js'
import { hashToken } from '../../src/http/access.js'
import type { HttpDependencies } from '../../src/http/dependencies.js'
import { ConsoleFiles } from '../../src/console/console-files.js'
import { Sessions } from '../../src/http/sessions.js'
import { Bouncers } from '../../src/http/dialects/bouncers.js'
import { Catalogue } from '../../src/http/catalogue.js'
import { EnforcedView } from '../../src/http/enforced-view.js'
import { createApp } from '../../src/http/app.js'
import { nodeApp } from '../../src/http/node-app.js'
import { startHttp, type HttpOptions } from '../../src/http/server.js'
import { NOW, openLab, ownOf, SILENT, type Lab } from '../support/lab.js'

export const OPERATOR_TOKEN = 'tocsin_operator'
export const TOKENS = {
  gateway: 'tocsin_gateway',
  detector: 'tocsin_detector',
  operator: OPERATOR_TOKEN,
} as const
export type Caller = keyof typeof TOKENS

/** As the packaged settings have them. */
export const DIALECTS: HttpDependencies['dialects'] = {
  rules: { stale: 'last-known', degraded: 'last-known', noAnswer: 'deny', noAddress: 'deny' },
  trusted: trustedProxies(LOOPBACK)!,
  headers: new Map(),
  pointers: new Map(),
}

/** Surroundings in which nothing is wrong. */
export const HEALTHY: HttpDependencies['doctor'] = {
  surroundings: () =>
    Promise.resolve({
      secrets: [
        { path: '/data', mode: 0o700, isFolder: true },
        { path: '/data/node.key', mode: 0o600, isFolder: false },
      ],
      space: { path: '/data', freeBytes: 1 << 30 },
      addresses: ['/ip4/192.0.2.1/tcp/4717'],
    }),
  clock: () => ({ fault: undefined, offMs: 3 }),
  silence: () => undefined,
  mirror: () => undefined,
  api: {
    listen: '127.0.0.1:4718',
    isLoopback: true,
    hasTls: false,
    hosts: [],
    trustedProxies: LOOPBACK,
  },
}

export interface Ask {
  readonly as?: Caller
  readonly body?: unknown
  /** Sent as it is, with the content type of `headers`. */
  readonly raw?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly socket?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly body: Readonly<Record<string, unknown>>
}

export interface Api {
  readonly lab: Lab
  readonly address: string
  readonly socketPath: string
  readonly links: Link[]
  ask(method: string, path: string, ask?: Ask): Promise<Answer>
  stop(): Promise<void>
}

export function cardOf(name: string, addresses: readonly string[] = [], shown = name): string {
  return formatCard(ownOf(name), addresses, OPEN_FEDERATION, shown)
}

export async function openApi(
  parts: Partial<HttpDependencies> = {},
  options: Partial<HttpOptions> = {},
  given?: Lab,
): Promise<Api> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-api-'))
  const socketPath = join(folder, 'api.sock')
  const lab = given ?? (await openLab('Lab A'))
  await addTokens(lab)
  const links: Link[] = []
  const server = await startHttp(
    {
      listen: '127.0.0.1:0',
      hosts: ['api.lab.example', 'proxy.example:8443'],
      socketPath,
      ...options,
    },
    nodeApp({ ...dependenciesOf(lab, links), ...parts }),
  )
  const ask = (method: string, path: string, given: Ask = {}) =>
    send(given.socket === true ? { socketPath } : server.address, method, path, given)
  const stop = async () => {
    await server.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { lab, address: server.address, socketPath, links, ask, stop }
}

/** The application alone, without a listener; with the tokens. */
export async function appOf(lab: Lab, parts: Partial<HttpDependencies> = {}) {
  return createApp({ hosts: [] }, await partsOf(lab, parts))
}

/** What it is made of. */
export async function partsOf(lab: Lab, parts: Partial<HttpDependencies> = {}) {
  await addTokens(lab)
  return nodeApp({ ...dependenciesOf(lab, []), ...parts })
}

async function addTokens(lab: Lab): Promise<void> {
  for (const name of ['gateway', 'detector'] as const) {
    await lab.addToken({ name, role: name, hash: hashToken(TOKENS[name]), createdMs: NOW })
  }
}

function quickOf({ state, desk, policies, keyRing }: Lab): () => QuickAnswers {
  const read: ReadValue = (type, raw) => keyRing().read(type, raw)
  const quick = new QuickAnswers({ state, desk, read, basis: () => policies.inForce() })
  return () => quick
}

function dependenciesOf(lab: Lab, links: Link[]): HttpDependencies {
  const { state } = lab
  return {
    state,
    lookup: (policy) => lab.desk.lookup(policy),
    quick: quickOf(lab),
    policies: lab.policies,
    shippedLists: [],
    voice: lab.voice,
    bulkRevoker: lab.bulkRevoker,
    voids: lab.voids,
    registrar: lab.lists,
    maintenance: lab.upkeep,
    backUp: () => Promise.resolve(0),
    dialects: DIALECTS,
    view: new EnforcedView({
      lookup: () => lab.desk.lookup(),
      clock: () => lab.time.now,
    }),
    bouncers: new Bouncers(),
    catalogue: new Catalogue({
      lookup: () => lab.desk.lookup(),
      store: lab.store.catalogue(),
      networkId: OPEN_FEDERATION.networkId,
      clock: () => lab.time.now,
      log: SILENT,
    }),
    keyRing: lab.keyRing,
    read: (type, raw) => lab.keyRing().read(type, raw),
    prompts: new Prompts(lab.keyRing, new Set()),
    decisionKeyOf: (token) => decisionKey(lab.seed, token),
    feed: lab.feed,
    history: lab.history,
    readLog: (...range) => lab.store.logRows(...range),
    diskUse: () => lab.store.diskUse(state.heads.keys()),
    pages: new ConsoleFiles(),
    sessions: new Sessions({ id: peerNameOf(lab.own), isSecure: false }),
    links: () => links,
    ledger: {
      writer: () => new LedgerWriter(lab.seed),
      spoken: (from, limit) => lab.store.spoken(from, limit),
      stopped: (from, limit) => lab.store.stopped(from, limit),
    },
    legal: undefined,
    lookUps: lab.lookUps,
    activity: lab.activity,
    noted: (finding, now) => lab.lookUps.note(finding, now),
    receipts: { of: () => undefined, firstMs: () => undefined, ask: () => undefined },
    catchUp: () => ({ running: 0 }),
    scrub: () => lab.scrub.status(),
    doctor: HEALTHY,
    metrics: { contentType: 'text/plain', text: () => Promise.resolve('') },
    own: lab.own,
    name: lab.name,
    version: '0.0.0-test',
    federation: OPEN_FEDERATION,
    card: () => cardOf('Lab A', ['/ip4/192.0.2.1/tcp/4717']),
    operatorToken: OPERATOR_TOKEN,
    disk: () => ({ ok: true }),
    clock: () => lab.time.now,
    log: SILENT,
  }
}

function send(
  place: string | { readonly socketPath: string },
  method: string,
  path: string,
  { as, body, raw, headers }: Ask,
): Promise<Answer> {
  const content = raw ?? (body === undefined ? undefined : JSON.stringify(body))
  const options = {
    method,
    path,
    agent: false,
    headers: {
      ...(as === undefined ? {} : { authorization: `Bearer ${TOKENS[as]}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      // Node sends none with DELETE by itself.
      ...(method === 'DELETE' && content !== undefined
        ? { 'content-length': Buffer.byteLength(content) }
        : {}),
      ...headers,
    },
  } as const
  return new Promise((resolve, reject) => {
    const onAnswer = (response: IncomingMessage) => {
      text(response)
        .then((received) => {
          const { statusCode, headers: told } = response
          const isJson = received !== '' && /[/+]json\b/.test(told['content-type'] ?? '')
          const parsed = (isJson ? JSON.parse(received) : {}) as Answer['body']
          resolve({ status: statusCode!, headers: told, text: received, body: parsed })
        })
        .catch(reject)
    }
    const request =
      typeof place === 'string'
        ? httpRequest(place, options, onAnswer)
        : httpRequest({ ...options, ...place }, onAnswer)
    request.on('error', reject)
    request.end(content)
  })
}
