/**
 * The part of a node's composition that answers: desk, change feed, metrics and the local API.
 * They stand before what `node.ts` has started.
 */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.js'
import { benignPrompts, commonShingles } from './background.js'
import { dialectsOf } from './dialects.js'
import { Catalogue } from './http/catalogue.js'
import { EnforcedView } from './http/enforced-view.js'
import { Feed } from './http/feed.js'
import { History } from './http/history.js'
import { Sessions, type Link } from './http/sessions.js'
import { nodeApp } from './http/node-app.js'
import { startHttp, type HttpOptions, type HttpServer } from './http/server.js'
import type { Author } from './intake/author.js'
import { BulkRevocation } from './intake/bulk-revocation.js'
import type { OwnLists } from './intake/own-lists.js'
import { voidReader } from './intake/voids.js'
import type { Context } from './lookup/context.js'
import { peerNameOf } from './core/identity.js'
import { decisionKey, Decisions } from './lookup/decision.js'
import { LedgerWriter } from './core/ledger.js'
import { Desk } from './lookup/desk.js'
import { FreshnessGauge } from './lookup/freshness.js'
import { Prompts } from './lookup/prompts.js'
import type { LookUps } from './lookup/look-ups.js'
import type { Mesh } from './mesh/mesh.js'
import { ConsoleFiles } from './console/console-files.js'
import { Mirror } from './mirror/mirror.js'
import { connectRedis } from './mirror/redis.js'
import { QuickAnswers } from './lookup/quick-answers.js'
import type { GuardBook } from './policy/guards.js'
import { feedLife, operatorToken, writeSmallFile } from './storage/small-file.js'
import { hashKey, type Folder } from './folder.js'
import type { KeySource } from './federation/key-source.js'
import { StartError, type Undo } from './lifecycle.js'
import { ListFiles } from './list-files.js'
import { buildMetrics, countsOf, doctorOf } from './node-watch.js'
import type { PolicySource } from './policy-source.js'

/** Longer socket paths do not fit the kernel's address structure. */
const SOCKET_PATH_MAX = 100

export interface ApiParts {
  readonly mesh: Mesh
  readonly author: Author
  readonly guards: GuardBook
  readonly context: () => Context
  readonly policies: PolicySource
  readonly registrar: OwnLists
  readonly lookUps: LookUps
  readonly keys: KeySource
  readonly card: () => string
  readonly version: string
}

export interface OpenApi {
  /** The command line finds it in the folder. */
  readonly address: string
  /** A link that lets the operator's browser in. */
  consoleLink(): Link
}

export async function openApi(
  config: Config,
  core: Folder,
  parts: ApiParts,
  stack: Undo,
): Promise<OpenApi> {
  // A socket that a crash left behind would be tried, and found dead, before the address.
  await rm(join(config.data, 'api.sock'), { force: true })
  const isSecure = config.api.tls !== undefined
  const sessions = new Sessions({ id: peerNameOf(core.own), isSecure })
  const http = await startApi(config, core, parts, sessions, stack)
  stack.push(() => http.stop())
  const addressFile = join(config.data, 'api.addr')
  await writeSmallFile(addressFile, `${http.address}\n`)
  stack.push(() => rm(addressFile, { force: true }))
  return { address: http.address, consoleLink: () => sessions.link(core.clock()) }
}

function buildDesk(config: Config, core: Folder, { mesh, guards, policies, keys }: ApiParts): Desk {
  const { seed, state, writer, clock } = core
  const freshness = new FreshnessGauge(
    state,
    () => mesh.links(),
    () => writer.fault !== undefined,
  )
  return new Desk({
    state,
    name: config.name,
    decisions: new Decisions(decisionKey(seed), randomBytes),
    guards,
    isLate: keys.isLate,
    policy: () => policies.inForce().policy,
    freshness: () => freshness.now(),
    clock,
  })
}

/** Actions without their reasons, remembered as long as they hold. */
function quickOf({ state }: Folder, { guards, keys }: ApiParts, desk: Desk): () => QuickAnswers {
  const basis = (now: number) => guards.basis(now)
  const quick = new QuickAnswers({ state, desk, read: keys.read, basis })
  return () => quick
}

async function buildFeed(
  config: Config,
  { seed, state, store, clock }: Folder,
  { context }: ApiParts,
  desk: Desk,
): Promise<Feed> {
  return new Feed({
    state,
    readPage: (after, to, bytesMax) => store.feedPage(after, to, bytesMax),
    life: await feedLife(config.data, clock()),
    seed,
    context,
    freshness: () => desk.lookup().freshness,
    clock,
  })
}

function diskOf({ fault }: Folder['writer']) {
  return fault === undefined ? { ok: true } : { ok: false, code: fault.code }
}

function ledgerOf({ seed, store }: Folder) {
  return {
    writer: () => new LedgerWriter(seed),
    spoken: (...range: Parameters<typeof store.spoken>) => store.spoken(...range),
    stopped: (...range: Parameters<typeof store.stopped>) => store.stopped(...range),
  }
}

function historyOf(
  { state, store, clock }: Folder,
  { context, policies, keys }: ApiParts,
  desk: Desk,
): History {
  return new History({
    state,
    context,
    decisions: desk.lookup().decisions,
    hashKey: hashKey(),
    isLate: keys.isLate,
    readPolicy: (text) => policies.read(text),
    readPage: (after, to, bytesMax) => store.historyPage(after, to, bytesMax),
    seenAt: (ms) => store.seenAt(ms),
    clock,
  })
}

function meshOf(mesh: Mesh) {
  return {
    links: () => mesh.links(),
    receipts: mesh.receipts,
    catchUp: () => mesh.catchUp(),
  }
}

function listenersOf({ data, api }: Config): HttpOptions {
  const { listen, hosts, tls, socket } = api
  const socketPath = join(data, 'api.sock')
  const hasSocket = socket && socketPath.length <= SOCKET_PATH_MAX
  return { listen, hosts, tls, ...(hasSocket ? { socketPath } : {}) }
}

/** Throws `StartError` where the ordinary prompts cannot be read. */
function promptsOf({ benign }: Config, { ring }: KeySource): Prompts {
  try {
    return new Prompts(ring, commonShingles(), benignPrompts(benign))
  } catch (error) {
    throw new StartError('benign-unreadable', `sketches.benign: ${String(error)}`)
  }
}

/** What acts, for lists; those on disk are kept up from now on. */
function startView(config: Config, { clock, log }: Folder, desk: Desk, stack: Undo): EnforcedView {
  const view = new EnforcedView({ lookup: () => desk.lookup(), clock })
  const files = new ListFiles(config.exports, { view, clock, log })
  files.start()
  stack.push(() => files.stop())
  return view
}

/** A Redis with the same, if the settings name one. */
function startMirror(
  { redis }: Config,
  { own, clock, log }: Folder,
  view: EnforcedView,
  stack: Undo,
): Mirror | undefined {
  if (redis === undefined) return undefined
  const { url, prefix } = redis
  const mirror = new Mirror(
    { prefix, owner: peerNameOf(own) },
    {
      connect: (signal) => connectRedis(url, signal),
      view: () => view.now(),
      run: randomBytes(8).toString('hex'),
      ...{ clock, log },
    },
  )
  mirror.start()
  stack.push(() => mirror.stop())
  return mirror
}

function catalogueOf(core: Folder, desk: Desk): Catalogue {
  const { store, federation, clock, log } = core
  const { networkId } = federation
  const lookup = () => desk.lookup()
  return new Catalogue({ lookup, store: store.catalogue(), networkId, clock, log })
}

async function startApi(
  config: Config,
  core: Folder,
  parts: ApiParts,
  sessions: Sessions,
  stack: Undo,
): Promise<HttpServer> {
  const { federation, own, store, state, writer, upkeep, clock, log } = core
  const { mesh, author, policies, registrar, keys, card, version } = parts
  const desk = buildDesk(config, core, parts)
  const counts = countsOf(parts)
  const { bouncers, answers, noted } = counts
  const view = startView(config, core, desk, stack)
  const redis = startMirror(config, core, view, stack)
  const mirror = redis && (() => redis.status())
  return startHttp(
    listenersOf(config),
    nodeApp({
      state,
      ...{ lookup: (policy) => desk.lookup(policy), quick: quickOf(core, parts, desk) },
      policies,
      shippedLists: parts.context().shipped,
      dialects: dialectsOf(config),
      ...{ view, bouncers, answers, noted, catalogue: catalogueOf(core, desk) },
      ...{ keyRing: keys.ring, read: keys.read, prompts: promptsOf(config, keys) },
      decisionKeyOf: (token) => decisionKey(core.seed, token),
      feed: await buildFeed(config, core, parts, desk),
      voice: author,
      bulkRevoker: new BulkRevocation({ state, store, voice: author, clock }),
      voids: voidReader({ state, store }),
      history: historyOf(core, parts, desk),
      registrar,
      maintenance: upkeep,
      backUp: (...how) => store.backUp(config.data, ...how),
      readLog: (author, from, to, bytesMax) => store.logRows(author, from, to, bytesMax),
      diskUse: () => store.diskUse(state.heads.keys()),
      ledger: ledgerOf(core),
      ...{ legal: config.legal, lookUps: parts.lookUps, activity: core.activity },
      ...{ sessions, pages: new ConsoleFiles(), ...meshOf(mesh) },
      scrub: () => core.scrub.status(),
      doctor: doctorOf(config, core, parts, mirror),
      metrics: buildMetrics(config, core, parts, { desk, mirror, ...counts }),
      ...{ own, version, federation, card, name: config.name },
      operatorToken: await operatorToken(config.data),
      disk: () => diskOf(writer),
      clock,
      log,
    }),
  )
}
