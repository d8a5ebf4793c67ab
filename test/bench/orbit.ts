/**
 * OrbitDB replicating records from one process to another, on Node 24: its libraries do not run on
 * Node 20.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { foreignPackage } from '../support/foreign.js'
import type { Figures } from '../support/soak-run.js'

const NAME = 'orbit-database.mjs'
const NODE = ['npx', '-y', '-p', 'node@24', 'node'] as const

/** `records`: what a member said, a JSON each. */
export async function replicateOrbit(folder: string, records: readonly string[]): Promise<Figures> {
  const program = await foreignPackage('@orbitdb/core', `../../../${NAME}`)
  await copyFile(fileURLToPath(new URL(NAME, import.meta.url)), program)
  const own = () => mkdtemp(join(folder, 'orbit-'))
  const writer = start(program)
  const reader = start(program)
  try {
    const { seconds: wrote, ...from } = await writer.ask({ folder: await own(), records })
    const asked = { folder: await own(), count: records.length, ...from }
    const { seconds } = await reader.ask(asked)
    return {
      orbitRecords: records.length,
      orbitWrittenPerSecond: Math.round(records.length / Number(wrote)),
      orbitPerSecond: Math.round(records.length / Number(seconds)),
    }
  } finally {
    await Promise.all([writer.end(), reader.end()])
  }
}

function start(program: string) {
  const [command, ...args] = NODE
  const child = spawn(command, [...args, program], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const exited = once(child, 'exit')
  return {
    async ask(asked: object): Promise<Record<string, unknown>> {
      const heard = once(lines, 'line') as Promise<[string]>
      child.stdin.write(`${JSON.stringify(asked)}\n`)
      const failed = exited.then(() => {
        throw new Error('OrbitDB ended without an answer')
      })
      const [line] = await Promise.race([heard, failed])
      return JSON.parse(line) as Record<string, unknown>
    },
    async end(): Promise<void> {
      child.stdin.end()
      await exited
    },
  }
}
