/** Shingles of ordinary prompts that come with the package: what no sketch may consist of. */
import { readFileSync } from 'node:fs'

let held: ReadonlySet<string> | undefined

export function commonShingles(): ReadonlySet<string> {
  if (held !== undefined) return held
  const path = new URL('../config/background/common.txt', import.meta.url)
  const lines = readFileSync(path, 'utf8').split('\n')
  return (held = new Set(lines.filter((line) => line !== '' && !line.startsWith('#'))))
}
