/**
 * `npm run bench lookup`: look-ups over HTTP beside a bare `node:http` server with a `Map` and
 * beside Redis, all real and with the same addresses, asked in turns; edges on one core and on two;
 * a check in a gateway's own memory beside `Map.get`. Half of the addresses asked about are banned.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Fleet } from '../support/fleet.js'
import { freePort, Programs } from '../support/programs.js'
import { Random } from '../support/random.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { startEdge, startNode, type Answering } from './answering.js'
import { startBareServer } from './bare.js'
import { addresses, inTurns, round, together, told, type Side } from './rates.js'
import { Redis } from './redis.js'
import { benchReplica } from './replica.js'

export interface LookupBench {
  readonly banned: number
  readonly turns: number
  /** Of each turn. */
  readonly seconds: number
  /** Only the node by itself, on what it is asked most. */
  readonly isShort?: boolean
  /** Absent: no replica is measured. */
  readonly replicaKeys?: number
}

const BATCH = 100
const ONE = '/v1/check?type=ip&value='
const BRIEF = '/v1/check?view=action&type=ip&value='
const BODIES = 500

export async function benchLookup(asked: LookupBench): Promise<Figures> {
  const programs = new Programs()
  const fleet = await Fleet.open()
  try {
    const values = addresses(2 * asked.banned)
    const banned = values.slice(0, asked.banned)
    const node = await startNode(fleet, banned)
    const sides = await sidesOf({ fleet, programs, node, values, banned }, asked.isShort === true)
    const warmSeconds = asked.isShort === true ? asked.seconds : undefined
    const rates = await inTurns(sides, asked.turns, asked.seconds, warmSeconds)
    const times = (a: string, b: string) => rates[a]!.rate / rates[b]!.rate
    const each = Object.entries(rates).map(([name, rate]) => told(name, rate))
    return {
      banned: asked.banned,
      ...(Object.assign({}, ...each) as Figures),
      briefTimesBare: round(times('brief', 'bare')),
      batchTimesRedis: round(BATCH * times('batch', 'redis')),
      ...(asked.isShort === true
        ? {}
        : {
            fullTimesBare: round(times('full', 'bare')),
            twoEdgesTimesOne: round(times('twoEdges', 'oneEdge')),
          }),
      ...(await replicaFigures(asked.replicaKeys)),
    }
  } finally {
    await programs.stop()
    await fleet.close()
  }
}

/** In a gateway's own memory. */
async function replicaFigures(keys: number | undefined): Promise<Figures> {
  if (keys === undefined) return {}
  const { checkNsP50, mapGetNsP50, ratioP50 } = await benchReplica({ keys, asked: 400_000 })
  return {
    replicaCheckNs: checkNsP50!,
    mapGetNs: mapGetNsP50!,
    replicaTimesMap: ratioP50!,
  }
}

interface Stage {
  readonly fleet: Fleet
  readonly programs: Programs
  readonly node: Answering
  readonly values: readonly string[]
  readonly banned: readonly string[]
}

async function sidesOf(
  { fleet: { folder }, programs, node, values, banned }: Stage,
  isShort: boolean,
): Promise<Record<string, Side>> {
  const list = join(folder, 'bare.txt')
  await writeFile(list, banned.join('\n'))
  const bare = await startBareServer(programs, folder, list)
  const redis = await Redis.start(programs, folder, await freePort(), banned.length)
  const ask = (places: readonly Answering[], path: string) =>
    together(folder, places, { path, values })
  const post = (path: string, bodies: readonly string[]) =>
    together(folder, [node], { path, values: bodies, post: true })
  const few = {
    bare: ask([bare], ONE),
    brief: ask([node], BRIEF),
    batch: post('/v1/check?view=action', batches(values)),
    redis: (seconds: number) => redis.get(seconds),
  }
  if (isShort) return few
  const edges = [
    await startEdge(programs, folder, node),
    await startEdge(programs, folder, node),
  ] as const
  return {
    ...few,
    full: ask([node], ONE),
    request: post('/v1/check/request', requests(values)),
    oneEdge: ask([edges[0]], BRIEF),
    twoEdges: ask(edges, BRIEF),
  }
}

/** A hundred values in an order that no cache foresees. */
function batches(values: readonly string[]): string[] {
  const random = new Random(1)
  const item = () => ({ type: 'ip', value: values[random.below(values.length)]! })
  return Array.from({ length: BODIES }, () =>
    JSON.stringify({ items: Array.from({ length: BATCH }, item) }),
  )
}

/** What a gateway knows of a request: where it comes from and how its client speaks. */
function requests(values: readonly string[]): string[] {
  const random = new Random(2)
  return Array.from({ length: BODIES }, (_, i) => {
    const address = { type: 'ip', value: values[random.below(values.length)]! }
    const agent = { type: 'http.user-agent', value: `scraper/${i}` }
    return JSON.stringify({ attributes: [address, { type: 'asn', value: `${1_000 + i}` }, agent] })
  })
}

const LONG = { banned: 100_000, turns: 3, seconds: 10, replicaKeys: 1_000_000 }
await runSoak(import.meta.url, 'lookup', () => benchLookup(LONG))
