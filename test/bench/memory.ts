/**
 * `npm run bench memory`: bytes for each live indicator, in a node, in an edge (which is a replica
 * with a process of its own), in the index that both use, and on disk; beside a `Map` of the same
 * keys. Real processes; what they have when nothing is live is taken off.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { LabProcess } from '../../src/cli/lab-process.js'
import { claimsFrom } from '../../src/lookup/claims-image.js'
import { CheckpointFile } from '../../src/storage/checkpoint.js'
import { Fleet, PROGRAM } from '../support/fleet.js'
import { FullFolderMaker, indicatorNumbered } from '../support/full-folder.js'
import { rssMibOf } from '../support/process-cost.js'
import { Programs } from '../support/programs.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { usedBytes } from '../support/used-bytes.js'
import { startEdge } from './answering.js'
import { round } from './rates.js'

const MIB = 2 ** 20

/** Without `processes` only what can be told in this one. */
export async function benchMemory(count: number, processes = true): Promise<Figures> {
  const fleet = await Fleet.open()
  const programs = new Programs()
  try {
    const maker = await FullFolderMaker.open(join(fleet.folder, 'full'))
    const empty = processes ? await processesOf(fleet, programs, maker) : undefined
    await maker.growTo(count)
    const own = {
      live: count,
      indexBytesEach: round(indexBytes(maker.folder.data) / count),
      mapBytesEach: round(mapBytes(count, maker.folder.keyId) / count),
      diskBytesEach: round((await bytesIn(join(maker.folder.data, 'db'))) / count),
    }
    if (empty === undefined) return own
    const full = await processesOf(fleet, programs, maker)
    const each = (mib: number) => round((mib * MIB) / count)
    return {
      ...own,
      nodeBytesEach: each(full.node - empty.node),
      edgeBytesEach: each(full.edge - empty.edge),
      nodeMib: round(full.node),
      edgeMib: round(full.edge),
    }
  } finally {
    await programs.stop()
    await fleet.close()
  }
}

/** Resident MiB of a node on the folder and of an edge that has its copy. */
async function processesOf(fleet: Fleet, programs: Programs, { folder }: FullFolderMaker) {
  const { data, federation } = folder
  const flags = ['--log-level', 'warn']
  const options = { program: PROGRAM, name: 'Full', data, federation, flags }
  const lab = await LabProcess.start({ ...options, startMsMax: 600_000 })
  fleet.labs.push(lab)
  const node = await rssMibOf(lab.pid!)
  const name = `edge-${Math.round(node)}`
  const made = await lab.request('POST', '/v1/tokens', { name, role: 'gateway' })
  const key = made.body['token'] as string
  const { pid } = await startEdge(programs, fleet.folder, { address: lab.api, key })
  const edge = await rssMibOf(pid)
  await programs.stop()
  await lab.end()
  return { node, edge }
}

/** Of the tables themselves, read from what the node left when it stopped. */
function indexBytes(data: string): number {
  const before = usedBytes()
  const file = CheckpointFile.open(data)
  const image = file && claimsFrom(file)
  if (image === undefined) throw new Error('the node has left no checkpoint')
  const used = usedBytes() - before
  if (image.claims.size === 0) throw new Error('the checkpoint is empty')
  return used
}

function mapBytes(count: number, keyId: string): number {
  const before = usedBytes()
  const map = new Map<string, object>()
  for (let n = 0; n < count; n++) {
    const { type, value } = indicatorNumbered(n, keyId)
    map.set(`${type}:${value}`, { until: n + 0.5, action: 4 })
  }
  const used = usedBytes() - before
  if (map.size === 0) throw new Error('the map is empty')
  return used
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

await runSoak(import.meta.url, 'memory', () => benchMemory(1_000_000))
