/**
 * Lists of what acts, as files for programs that read them from disk: written whole in the place of
 * the old ones when they change, then the program is told by a command of the operator's.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from './config.js'
import { SECOND_MS } from './core/limits.js'
import type { Clock, Log } from './core/ports.js'
import { listText, type ListName } from './http/dialects/list-formats.js'
import type { EnforcedView } from './http/enforced-view.js'
import { writeSmallFile } from './storage/small-file.js'

export interface ListFilesParts {
  readonly view: EnforcedView
  readonly clock: Clock
  readonly log: Log
}

/** Between two looks; a look without changes costs nothing. */
const LOOK_MS = 5 * SECOND_MS
/** A reload that hangs must not keep the next list from being written. */
const RELOAD_MS = 30 * SECOND_MS
/** Other programs run as other users. */
const MODE = 0o644

export class ListFiles {
  readonly #options: Config['exports']
  readonly #parts: ListFilesParts
  readonly #written = new Map<string, string>()
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  constructor(options: Config['exports'], parts: ListFilesParts) {
    this.#options = options
    this.#parts = parts
  }

  start(): void {
    if (this.#options.folder !== undefined) this.#running ??= this.#run(this.#options.folder)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run(folder: string): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#look(folder)
      } catch (error) {
        this.#parts.log.error('list-not-written', { folder, error })
      }
      await sleep(LOOK_MS, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  async #look(folder: string): Promise<void> {
    const { view, clock, log } = this.#parts
    const values = await view.list('block', clock())
    let changed = 0
    for (const name of this.#options.files) {
      const text = listText(name as ListName, values)
      if (this.#written.get(name) === text) continue
      await mkdir(folder, { recursive: true })
      await writeSmallFile(join(folder, name), text, MODE)
      this.#written.set(name, text)
      changed++
    }
    if (changed === 0) return
    log.info('lists-written', { folder, listed: values.length })
    await this.#reload()
  }

  /** A failure is told and changes nothing: the files are right, the next change tries again. */
  async #reload(): Promise<void> {
    const [program, ...args] = this.#options.reload
    if (program === undefined) return
    const options = { stdio: 'ignore', timeout: RELOAD_MS } as const
    const child = spawn(program, args, options)
    const failed = once(child, 'error').then(([error]) => String(error))
    const ended = once(child, 'exit').then(([code, signal]) => String(code ?? signal))
    const outcome = await Promise.race([failed, ended])
    if (outcome !== '0') this.#parts.log.error('list-reload-failed', { program, outcome })
  }
}
