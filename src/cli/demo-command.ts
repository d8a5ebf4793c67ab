/** `demo`: the whole story on this machine, for somebody who has just arrived. */
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { runDemo } from './demo.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

interface DemoFlags {
  readonly once?: boolean
  readonly feed?: string
}

const PROGRAM = fileURLToPath(new URL('../../scripts/tocsin.mjs', import.meta.url))

export function demoCommand(program: Command, shell: Shell): void {
  program
    .command('demo')
    .description('three labs in a throw-away federation on this machine: what they do, with times')
    .option('--once', 'end by itself; exit 0 only if the whole story held')
    .option('--feed <file>', 'report this list instead of disposable e-mail domains')
    .action(async ({ once = false, feed }: DemoFlags) => {
      const stopped = new AbortController()
      const stop = () => stopped.abort()
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
      const held = await runDemo({
        program: PROGRAM,
        once,
        ...(feed === undefined ? {} : { feed }),
        print: (line) => shell.print(line),
        signal: stopped.signal,
      })
      if (!held) throw new Failure('demo-failed', 'part of the story did not hold')
    })
}
