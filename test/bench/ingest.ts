/**
 * `npm run bench ingest`: reports of our own from a file, by the command line, and envelopes of a
 * member that are fetched, verified and applied; each beside the raw write of the rows it leaves,
 * the latter also beside OrbitDB. Real nodes.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DAY_MS } from '../../src/core/limits.js'
import { address, newcomerPart } from '../soak/catch-up.js'
import { Fleet } from '../support/fleet.js'
import { rawWrites } from '../support/raw-rows.js'
import { runSoak, type Figures } from '../support/soak-run.js'
import { replicateOrbit } from './orbit.js'
import { medians, round } from './rates.js'

export interface IngestBench {
  readonly count: number
  /** OrbitDB gets fewer: it takes some five milliseconds for each. */
  readonly orbitCount: number
  readonly seed: number
}

/** A disk that others write to, too, differs from turn to turn by more than what is measured. */
const OWN_TURNS = 3

/** The short form of the second part is that of `npm run soak catch-up`. */
export async function benchIngest({ count, orbitCount, seed }: IngestBench): Promise<Figures> {
  const fleet = await Fleet.open()
  try {
    const owns: Figures[] = []
    for (let turn = 0; turn < OWN_TURNS; turn++) owns.push(await ownPart(fleet, count, seed + turn))
    const own = medians(owns)
    const peer = await newcomerPart(fleet, count, seed)
    const orbit = await replicateOrbit(fleet.folder, recordsOf(orbitCount, seed))
    return {
      reports: count,
      ...orbit,
      peerTimesOrbit: Math.round(count / peer.seconds / Number(orbit['orbitPerSecond'])),
      ...own,
      peerPerSecond: Math.round(count / peer.seconds),
      peerRawPerSecond: Math.round(count / peer.raw.seconds),
      peerTimesRaw: round(peer.raw.seconds / peer.seconds),
      peerTimesRawChained: round(peer.chained.seconds / peer.seconds),
    }
  } finally {
    await fleet.close()
  }
}

/** Durable: the command ends when all are answered. */
export async function ownPart(fleet: Fleet, count: number, seed: number): Promise<Figures> {
  const lab = await fleet.lab(`Own ${seed}`)
  const list = join(fleet.folder, 'reports.txt')
  const values = Array.from({ length: count }, (_, i) => address(45, i, seed))
  await writeFile(list, values.join('\n'))
  const flags = ['--file', list, '--format', 'text', '--type', 'ip', '--ttl', '7d']
  const began = performance.now()
  const { code, stdout, stderr } = await fleet.cli(lab, 'report', ...flags)
  const seconds = (performance.now() - began) / 1_000
  if (code !== 0) throw new Error(stdout + stderr)
  await lab.end()
  const { raw, chained } = await rawWrites(fleet.folder, lab)
  return {
    ownPerSecond: Math.round(count / seconds),
    ownRawPerSecond: Math.round(count / raw.seconds),
    ownTimesRaw: round(raw.seconds / seconds),
    ownTimesRawChained: round(chained.seconds / seconds),
  }
}

/** One report each, as JSON. */
function recordsOf(count: number, seed: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      ...{ type: 'net.ipv4', value: address(45, i, seed), action: 'block', confidence: 80 },
      ...{ category: 'unspecified', tlp: 'amber', pap: 'green', until: Date.now() + 7 * DAY_MS },
    }),
  )
}

await runSoak(import.meta.url, 'ingest', ({ seed }) =>
  benchIngest({ count: 200_000, orbitCount: 3_000, seed }),
)
