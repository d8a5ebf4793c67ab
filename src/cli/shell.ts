/**
 * What every command needs: the global options, the node they name, and the terminal. One per run;
 * streams are handed in, so that tests can read what a person would.
 */
import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { typeByName } from '../core/indicator.js'
import { isHashed } from '../core/key-ring.js'
import type { Check } from '../core/check-up.js'
import { loadConfig, type Config, type ConfigFlags, type ConfigResult } from '../config.js'
import { adviceOn } from './advice.js'
import { Client, expectFine, placeAt, placeIn, type Answer, type Ask } from './client.js'
import { Failure, type ExitCode } from './failure.js'
import { Progress, type ProgressOptions } from './progress.js'
import { PLAIN, rendered, type Look } from './table.js'
import { harmless, harmlessJson } from './terminal-text.js'

/** Perhaps one; where it is none, it says nothing of itself. */
export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number }

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Terminal
  readonly stderr: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

export interface GlobalOptions {
  readonly data?: string
  readonly config?: string
  readonly url?: string
  readonly token?: string
  readonly json?: boolean
  readonly yes?: boolean
}

export class Shell {
  readonly streams: Streams
  readonly #globals: () => GlobalOptions
  #client: Client | undefined
  /** Codes whose advice was given: once is enough for many lines of a file. */
  readonly #advised = new Set<string>()
  /** What the process will end with; commands set it where "done" is not 0. */
  exit: number = 0

  constructor(streams: Streams, globals: () => GlobalOptions) {
    this.streams = streams
    this.#globals = globals
  }

  get json(): boolean {
    return this.#globals().json === true
  }

  /** JSON as it is; text with nothing in it that could move the terminal's cursor. */
  print(text: string): void {
    const { stdout } = this.streams
    if (!this.json) stdout.write(`${rendered(text, this.#lookOf(stdout))}\n`)
    else stdout.write(`${stdout.isTTY === true ? harmlessJson(text) : text}\n`)
  }

  /** What is to be kept as a file, as it is. */
  printFile(text: string): void {
    this.streams.stdout.write(`${text}\n`)
  }

  /** To stderr: what is not the answer. */
  note(text: string): void {
    const { stderr } = this.streams
    stderr.write(`${rendered(text, this.#lookOf(stderr))}\n`)
  }

  #lookOf({ isTTY, columns }: Terminal): Look {
    if (isTTY !== true) return PLAIN
    const { NO_COLOR: no = '', TERM: term } = this.streams.env
    return { width: columns, hasColors: no === '' && term !== 'dumb' }
  }

  fail({ code, message, exit }: { code: string; message: string; exit?: ExitCode }): void {
    this.note(`tocsin: ${code}: ${message}`)
    const advice = this.#advised.has(code) ? undefined : adviceOn(code)
    if (advice !== undefined) this.note(`  → ${advice}`)
    this.#advised.add(code)
    this.exit = exit ?? 1
  }

  /** All settings. Throws after telling every error but the last, which becomes the failure. */
  config(flags: ConfigFlags = {}): Config {
    const loaded = this.#load(flags)
    if ('config' in loaded) return loaded.config
    const told = loaded.errors.map((error) => ({
      code: error.code,
      message: `${error.key}: ${error.message}`,
    }))
    for (const { code, message } of told.slice(0, -1)) this.note(`tocsin: ${code}: ${message}`)
    const { code, message } = told.at(-1)!
    throw new Failure(code, message)
  }

  #load(flags: ConfigFlags): ConfigResult {
    const { env, cwd } = this.streams
    const { data, config } = this.#globals()
    const common = { ...(data === undefined ? {} : { data }), ...(config && { config }) }
    return loadConfig({ ...common, ...flags }, env, { cwd })
  }

  /** The settings, or all that is wrong with them. */
  settings(): { readonly config?: Config; readonly checks: readonly Check[] } {
    const loaded = this.#load({})
    if ('config' in loaded) {
      const fine = { name: 'settings', state: 'ok', says: 'every key is known, every value fits' }
      return { config: loaded.config, checks: [fine as Check] }
    }
    const checks = loaded.errors.map(({ key, message }): Check => {
      const mend = 'correct it; config/tocsin.yaml has every key'
      return { name: 'settings', state: 'fail', says: `${key}: ${message}`, mend }
    })
    return { checks }
  }

  get data(): string {
    return this.#globals().data ?? (this.streams.env['TOCSIN_DATA'] || this.config().data)
  }

  /** Whether the node is named by address, so that no folder of ours stands behind it. */
  get isRemote(): boolean {
    return (this.#globals().url ?? this.streams.env['TOCSIN_URL']) !== undefined
  }

  get client(): Client {
    if (this.#client !== undefined) return this.#client
    const { env } = this.streams
    const token = this.#globals().token ?? env['TOCSIN_TOKEN']
    const url = this.#globals().url ?? env['TOCSIN_URL']
    const place = url === undefined ? placeIn(this.data, token) : placeAt(url, token, this.data)
    return (this.#client = new Client(place))
  }

  /** Asks the node and fails where it does; with `--json` its answer is printed either way. */
  async ask(ask: Ask): Promise<Answer> {
    const answer = await this.client.ask(ask)
    if (this.json) this.print(answer.text)
    return expectFine(answer)
  }

  /** On the terminal that errors go to; a pipe is told nothing. */
  progress(options: ProgressOptions): Progress {
    return new Progress(this.streams.stderr, options)
  }

  /** Asked on a terminal only: a script has decided already. */
  async confirm(question: string): Promise<boolean> {
    const { stdin, stderr } = this.streams
    if (this.#globals().yes === true || stdin.isTTY !== true) return true
    const lines = createInterface({ input: stdin, output: stderr })
    try {
      return /^y(es)?$/i.test(await lines.question(`${harmless(question)} [y/N] `))
    } finally {
      lines.close()
    }
  }

  /**
   * A value given as `-` is read from stdin, so that it is in no process list or history. One that
   * no member may see is taken in no other way.
   */
  async valueOf(type: string, argument: string): Promise<string> {
    if (argument !== '-') {
      const isKeyed = typeByName(type)?.privacy === 'keyed' && !isHashed(argument)
      if (isKeyed) throw new Failure('keyed-argument', `give - and the ${type} on stdin`, 2)
      return argument
    }
    const { stdin, stderr } = this.streams
    if (stdin.isTTY === true) stderr.write(`${type}: `)
    const lines = createInterface({ input: stdin })
    for await (const line of lines) {
      lines.close()
      return line.trim()
    }
    throw new Failure('value-missing', 'a value is needed on stdin')
  }

  close(): void {
    this.#client?.close()
  }
}
