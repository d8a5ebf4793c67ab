/**
 * The composition root of a node: builds every part, starts them in order, stops them in reverse.
 * The only file (with `edge.ts`) that knows everybody; it holds no rule of its own.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Config } from './config.js'
import { formatCard, OPEN_FEDERATION } from './core/identity.js'
import { KEYED_FORMS } from './core/keyed-form.js'
import { SECOND_MS } from './core/limits.js'
import { Author } from './intake/author.js'
import { Expiry } from './intake/expiry.js'
import { Examiner } from './intake/examiner.js'
import { Intake } from './intake/intake.js'
import { OwnLists } from './intake/own-lists.js'
import { PauseWatch } from './intake/pause-watch.js'
import { LookUps } from './lookup/look-ups.js'
import { holdOn } from './policy/brake.js'
import { guardsOf, type Context } from './lookup/context.js'
import { Mesh } from './mesh/mesh.js'
import type { Guards } from './policy/guards.js'
import { HighWater } from './storage/small-file.js'
import { federationPath } from './federation/federation-file.js'
import { openFolder, type Folder } from './folder.js'
import { KeySource } from './federation/key-source.js'
import { StartError, toStartError, Undo } from './lifecycle.js'
import { openApi } from './node-api.js'
import { PolicySource } from './policy-source.js'
import { shippedLists } from './shipped-lists.js'

export interface RunningNode {
  readonly card: string
  readonly apiAddress: string
  readonly federation: string
  /** Lets the operator's browser in, once. */
  consoleLink(): string
  /** Reads policy and federation file again, now. */
  reload(): Promise<void>
  stop(): Promise<void>
}

export async function startNode(
  config: Config,
  options: { readonly abandonTail?: boolean; readonly version: string },
): Promise<RunningNode> {
  const stack = new Undo()
  try {
    return await start(config, options, stack)
  } catch (error) {
    await stack.unwind()
    throw toStartError(error)
  }
}

async function start(
  config: Config,
  options: { readonly abandonTail?: boolean; readonly version: string },
  stack: Undo,
): Promise<RunningNode> {
  const core = await openFolder(config, stack)
  const { federation, own, state, log } = core
  const highWater = await HighWater.read(config.data)
  const ownSeq = state.heads.get(own)?.seq ?? 0
  // A crash between commit and mark leaves the mark behind what peers may have fetched since.
  await highWater.raise(ownSeq)
  if (options.abandonTail === true) await highWater.write(ownSeq)

  for (const task of [new Expiry(core), core.scrub]) {
    task.start()
    stack.push(() => task.stop())
  }

  const registrar = new OwnLists(core)
  const keys = await startKeys(config, core, stack)
  const policies = await startPolicy(config, core, registrar, stack)
  const lookUps = sampleOf()
  const intake = new Intake(federation, {
    ...core,
    brake: (indicator) =>
      holdOn(policies.inForce().policy, indicator, lookUps.measure(indicator), core.clock()),
  })

  const mesh = buildMesh(config, core, { intake, lookUps })
  await mesh.start()
  stack.push(() => mesh.stop())

  const context = contextOf(config, core, { mesh, policies })
  const guards = guardsOf(state, context)
  const author = buildAuthor(core, { intake, mesh, guards, keys }, config, highWater)
  stack.push(() => author.stop())
  const silence = author.silence()
  if (silence !== undefined) log.error(silence, { mark: highWater.seq })
  const card = () => formatCard(own, mesh.addresses(), federation, config.name)
  const parts = { mesh, author, guards, context, policies, registrar, lookUps, keys, card }
  const api = await openApi(config, core, { ...parts, version: options.version }, stack)
  return {
    card: card(),
    apiAddress: api.address,
    consoleLink: () => api.address + api.consoleLink().path,
    federation: federation.name,
    reload: () => Promise.all([policies.reload(), keys.reload()]).then(() => undefined),
    stop: () => stack.unwind(),
  }
}

/** Its masks are of this process alone: what is masked cannot be told from another start's. */
function sampleOf(): LookUps {
  const key = randomBytes(32)
  return new LookUps({
    random: Math.random,
    mask: (text) => createHmac('sha256', key).update(text).digest('base64url').slice(0, 11),
  })
}

/** Throws `StartError` where keyed types are on and everybody knows the key. */
async function startKeys(
  { data, federation: named, keyed }: Config,
  { federation, secret, state, clock, log }: Folder,
  stack: Undo,
): Promise<KeySource> {
  const isPublic = federation.networkId === OPEN_FEDERATION.networkId
  if (keyed.types.length > 0 && (isPublic || federation.keys.length === 0)) {
    const why = 'keyed.types: this federation has no secret key; tocsin federation create, or join'
    throw new StartError('keyed-needs-federation', why)
  }
  const path = federationPath({ data, federation: named })
  const settings = { ...keyed, local: secret }
  const keys = new KeySource({
    ...{ federation, path, settings, clock, log },
    sketchNamed: (name) => state.claims.sketchNamed(name),
  })
  for (const type of keyed.types) {
    log.info('keyed-type-on', { type, limit: KEYED_FORMS[type]!.limit })
  }
  // There is no file to look at in the open federation; one that appears is of another network.
  if (!isPublic) await keys.start()
  stack.push(() => keys.stop())
  return keys
}

/** What the operator decides by file and by hand, and may change at any time. */
async function startPolicy(
  config: Config,
  { state, clock, log }: Folder,
  registrar: OwnLists,
  stack: Undo,
): Promise<PolicySource> {
  const policies = await PolicySource.open(
    { data: config.data, path: config.policy },
    { lists: state.lists, registrar, clock, log },
  )
  policies.start()
  stack.push(() => policies.stop())
  const pauses = new PauseWatch({ state, registrar, clock, log })
  pauses.start()
  stack.push(() => pauses.stop())
  return policies
}

/** What verdicts rest on besides the state; the same lists each time. */
function contextOf(
  { name }: Config,
  { federation, own }: Folder,
  { mesh, policies }: { readonly mesh: Mesh; readonly policies: PolicySource },
): () => Context {
  const { networkId } = federation
  // One object that is read anew: every look-up asks it several times.
  const context: Context = {
    ...{ networkId, own, name, shipped: shippedLists() },
    get policy() {
      return policies.inForce().policy
    },
    // Asked for seldom, and libp2p puts them together anew each time: as long as a look-up takes.
    get addresses() {
      return mesh.addresses()
    },
  }
  return () => context
}

function buildMesh(
  config: Config,
  core: Folder,
  { intake, lookUps }: { readonly intake: Intake; readonly lookUps: LookUps },
): Mesh {
  const { seed, own, federation, state, damage, steady, clock, log } = core
  return new Mesh(
    {
      seed,
      networkId: federation.networkId,
      listen: config.listen,
      announce: config.announce,
    },
    {
      accept: new Examiner(intake, () => clock() - lookUps.lastMs < SECOND_MS).accept,
      roster: () => state.roster,
      heads: () => state.heads,
      floorOf: (author) => state.floorOf(author),
      forks: () => state.forks,
      hearTime: (author, theirsMs) => steady.hear(author, theirsMs),
      damaged: () => damage.places,
      readLog: damage.logRows,
      own,
      clock,
      log,
    },
  )
}

function buildAuthor(
  core: Folder,
  parts: {
    readonly intake: Intake
    readonly mesh: Mesh
    readonly guards: Guards
    readonly keys: KeySource
  },
  config: Pick<Config, 'legal'>,
  highWater: HighWater,
): Author {
  const { intake, mesh, guards, keys } = parts
  const { seed, secret, federation, state, store, clock, steady, log } = core
  return new Author(
    {
      ...{ seed, secret, networkId: federation.networkId },
      mustAsk: highWater.mustAsk,
      legal: config.legal,
    },
    {
      state,
      intake,
      store,
      highWater,
      publish: mesh.publish,
      guards,
      keyRing: keys.ring,
      heard: () => state.roster.members.length === 0 || mesh.catchUp().lastMs !== undefined,
      clock,
      clockFault: () => steady.fault(),
      log,
    },
  )
}
