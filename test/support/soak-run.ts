/**
 * How a soak is started: its options from the command line, its seed printed before anything else,
 * its figures as a table, as JSON and, where they are over sizes, as a picture, which
 * `scripts/soak.mjs` leaves behind. Whatever fails throws.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { plotOf } from './figures-plot.js'

export interface SoakOptions {
  readonly seed: number
  /** No new round begins after this many milliseconds. */
  readonly msMax: number
}

export type Figures = Readonly<Record<string, number | string>>

const MINUTES = 60

/** Runs the long form, if `url` is the program that was started. */
export async function runSoak(
  url: string,
  name: string,
  long: (options: SoakOptions) => Promise<Figures>,
): Promise<void> {
  if (process.argv[1] !== fileURLToPath(url)) return
  const { values } = parseArgs({
    options: { minutes: { type: 'string' }, seed: { type: 'string' } },
  })
  const seed = Number(values.seed ?? Date.now() % 1e9)
  const minutes = Number(values.minutes ?? MINUTES)
  console.log(`soak ${name}, seed ${seed}, at most ${minutes} minutes`)
  const began = performance.now()
  const result = await long({ seed, msMax: minutes * 60_000 })
  const seconds = Math.round((performance.now() - began) / 1000)
  const figures = { ...result, seconds }
  console.table(figures)
  const rest = { node: process.version, at: new Date().toISOString() }
  const text = JSON.stringify({ name, seed, ...rest, figures }, null, 2)
  await writeFile(`soak-${name}.json`, `${text}\n`)
  const plot = plotOf(figures)
  if (plot !== undefined) await writeFile(`soak-${name}.svg`, plot)
}

/** A folder that is gone afterwards, whatever happens. */
export async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tocsin-soak-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Rounds until there were `count` or the time is over. */
export function* rounds(count: number, msMax: number): Generator<number> {
  const end = performance.now() + msMax
  for (let round = 0; round < count && performance.now() < end; round++) yield round
}
