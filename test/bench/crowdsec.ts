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
import { runSoak, type Figures } from '../support/soak-run.js'
import { startEdge, startNode, type Answering } from './answering.js'
import { startLocalApi } from './local-api.js'
import { addresses, inTurns, round, together, told } from './rates.js'

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
    const check = (places: readonly Answering[]) =>
      together(folder, places, { path: CHECK, values })
    const peerBy = (path: string) => together(folder, [peer], { path, values })
    const sides = { exact: peerBy(EXACT), edges: check(edges), node: check([node]) }
    const rates = await inTurns(sides, asked.turns, asked.seconds)
    const scan = await peerBy(SCAN)(asked.scanSeconds)
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

const LONG = { banned: 100_000, turns: 3, seconds: 10, scanSeconds: 30 }
await runSoak(import.meta.url, 'crowdsec', () => benchCrowdsec(LONG))
