/**
 * `bench` and `soak`: what measures and strains this program is in the checkout, not in the
 * package, and is run as it is by `npm run`.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const RUNS = {
  bench: 'figures beside a reference measured in the same run; without a name all (checkout only)',
  soak: 'what the tests show in short, for as long as wanted; without a name all (checkout only)',
} as const

export function checkoutCommands(program: Command, shell: Shell): void {
  for (const [run, description] of Object.entries(RUNS)) {
    program
      .command(run)
      .argument('[name]', 'which one')
      .argument('[options...]', 'its own, like --minutes 10 --seed 7')
      .description(description)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (name: string | undefined, options: readonly string[]) => {
        const words = name === undefined ? [] : [name, ...options]
        shell.exit = await ended(scriptOf(run, ROOT), words)
      })
  }
}

/** Throws `not-in-package`. */
export function scriptOf(run: string, root: string): string {
  const script = `${root}/scripts/${run}.mjs`
  if (existsSync(script) && existsSync(`${root}/test/${run}`)) return script
  const message = `${run} runs from a checkout of the sources: clone them, npm ci, npm run ${run}`
  throw new Failure('not-in-package', message)
}

function ended(script: string, words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...words], { stdio: 'inherit' })
    child.once('error', reject)
    // A signal to the group reaches it, too; it ends in its own way.
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
