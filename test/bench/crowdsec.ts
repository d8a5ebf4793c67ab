/**
 * `npm run bench crowdsec`: look-ups over HTTP beside CrowdSec's Local API, both real and with the
 * same bans, asked by wrk in turns. Half of the addresses asked about are banned.
 *
 * The Local API answers with all cores; a node or an edge is one thread. So two are held beside it:
 * a node by itself, and as many edges as there are cores, each with its share of the connections.
 */
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Fleet, quantile } from '../support/fleet.js'
import { Programs } from '../support/programs.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { startEdge, startNode, type Answering } from './answering.js'
import { startLocalApi } from './local-api.js'
import { load, type Loaded } from './wrk.js'

export interface CrowdsecBench {
  readonly banned: number
  readonly turns: number
  /** Of each turn. */
  readonly seconds: number
  /** Of `?ip=`, which is so slow that few answers come. */
  readonly scanSeconds: number
}

const CHECK = '/v1/check?type=ip&value='
const EXACT = '/v1/decisions?scope=ip&value='
const SCAN = '/v1/decisions?ip='
const CONNECTIONS = 16
const WARM_SECONDS = 2
const IDLE_POLLS = 11

export async function benchCrowdsec(asked: CrowdsecBench): Promise<Figures> {
  const programs = new Programs()
  const fleet = await Fleet.open()
  const { folder } = fleet
  try {
    const values = addresses(2 * asked.banned)
    const banned = values.slice(0, asked.banned)
    const node = await startNode(fleet, banned)
    const edges: Answering[] = []
    for (let i = 0; i < Math.min(2, availableParallelism()); i++) {
      edges.push(await startEdge(programs, folder, node))
    }
    await mkdir(join(folder, 'local-api'))
    const peer = await startLocalApi(join(folder, 'local-api'), programs, banned)
    const ask = (places: readonly Answering[], path: string, seconds = asked.seconds) =>
      shared(places, (place, connections) =>
        load(folder, { ...place, path, values, connections, seconds }),
      )
    const sides = { exact: [peer], edges, node: [node] }
    const rates = await inTurns(sides, asked.turns, (places, seconds) =>
      ask(places, places[0] === peer ? EXACT : CHECK, seconds),
    )
    const scan = await ask([peer], SCAN, asked.scanSeconds)
    return {
      banned: asked.banned,
      ...told('edges', rates.edges),
      ...told('node', rates.node),
      ...told('peerExact', rates.exact),
      ...told('peerIp', scan),
      timesExact: round(rates.edges.rate / rates.exact.rate),
      timesExactNode: round(rates.node.rate / rates.exact.rate),
      timesIp: Math.round(rates.edges.rate / scan.rate),
      ...(await streams(node, peer)),
    }
  } finally {
    await programs.stop()
    await fleet.close()
  }
}

/** Spread over wide ranges, as attackers are; none is one that a node refuses to hear about. */
function addresses(count: number): string[] {
  const firsts = [45, 46, 47, 62, 77, 78, 79, 80]
  const random = new Random(20261125)
  const found = new Set<string>()
  while (found.size < count) {
    const rest = [random.below(256), random.below(256), 1 + random.below(254)]
    found.add([firsts[random.below(firsts.length)], ...rest].join('.'))
  }
  return [...found]
}

/** In turns, so that what else the machine does meets all sides. */
async function inTurns<T extends string>(
  sides: Readonly<Record<T, readonly Answering[]>>,
  turns: number,
  ask: (places: readonly Answering[], seconds?: number) => Promise<Loaded>,
): Promise<Record<T, Loaded>> {
  const found = Object.entries(sides) as [T, readonly Answering[]][]
  const said = new Map(found.map(([name]) => [name, [] as Loaded[]]))
  for (const [, places] of found) await ask(places, WARM_SECONDS)
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, places] of found) said.get(name)!.push(await ask(places))
  }
  const means = found.map(([name]) => [name, mean(said.get(name)!)])
  return Object.fromEntries(means) as Record<T, Loaded>
}

/** All at once, each with its share of the connections; what they answer together. */
async function shared(
  places: readonly Answering[],
  ask: (place: Answering, connections: number) => Promise<Loaded>,
): Promise<Loaded> {
  const all = await Promise.all(places.map((place) => ask(place, CONNECTIONS / places.length)))
  return { ...mean(all), rate: all.reduce((sum, { rate }) => sum + rate, 0) }
}

function mean(all: readonly Loaded[]): Loaded {
  const of = (key: keyof Loaded) => all.reduce((sum, one) => sum + one[key], 0) / all.length
  return { rate: of('rate'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms') }
}

/** A bouncer's start, and its poll when nothing has changed. */
async function streams(node: Answering, peer: Answering): Promise<Figures> {
  const [ours, theirs] = [await streamed(node), await streamed(peer)]
  return {
    streamStartMs: ours.start,
    peerStreamStartMs: theirs.start,
    streamIdleMs: ours.idle,
    peerStreamIdleMs: theirs.idle,
  }
}

async function streamed({ address, key }: Answering): Promise<{ start: number; idle: number }> {
  const poll = async (startup: boolean) => {
    const began = performance.now()
    const url = `${address}/v1/decisions/stream?startup=${startup}`
    const headers = { 'x-api-key': key, 'user-agent': 'crowdsec-custom-bouncer/v0.0.15' }
    const text = await (await fetch(url, { headers })).text()
    if (startup && text.length < 1_000) throw new Error(`${url}: ${text}`)
    return round(performance.now() - began)
  }
  await poll(true) // the first one reads what later ones have at hand
  const starts = [await poll(true), await poll(true), await poll(true)]
  const idles: number[] = []
  while (idles.length < IDLE_POLLS) idles.push(await poll(false))
  return { start: quantile(starts, 0.5), idle: quantile(idles, 0.5) }
}

function told(name: string, { rate, p50Ms, p99Ms }: Loaded): Figures {
  return {
    [`${name}PerSecond`]: round(rate),
    [`${name}P50Ms`]: round(p50Ms),
    [`${name}P99Ms`]: round(p99Ms),
  }
}

function round(value: number): number {
  return Math.round(100 * value) / 100
}

const LONG = { banned: 100_000, turns: 3, seconds: 10, scanSeconds: 30 }
await runSoak(import.meta.url, 'crowdsec', () => benchCrowdsec(LONG))
