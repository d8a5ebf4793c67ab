/**
 * What ordinary prompts are like, so that no sketch is taken for a campaign's that is not: shingles
 * that come with the package, and prompts of the operator's own.
 */
import { readFileSync } from 'node:fs'

let held: ReadonlySet<string> | undefined

export function commonShingles(): ReadonlySet<string> {
  if (held !== undefined) return held
  const path = new URL('../config/background/common.txt', import.meta.url)
  const lines = readFileSync(path, 'utf8').split('\n')
  return (held = new Set(lines.filter((line) => line !== '' && !line.startsWith('#'))))
}

const PROMPTS_MAX = 5_000

/** `{"prompt": …}` a line; others are passed over. Throws where the file cannot be read. */
export function benignPrompts(path: string | undefined): readonly string[] {
  if (path === undefined) return []
  const prompts: string[] = []
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const prompt = promptIn(line)
    if (prompt !== undefined) prompts.push(prompt)
    if (prompts.length === PROMPTS_MAX) break
  }
  return prompts
}

function promptIn(line: string): string | undefined {
  try {
    const { prompt } = JSON.parse(line) as { readonly prompt?: unknown }
    return typeof prompt === 'string' ? prompt : undefined
  } catch {
    return undefined
  }
}
