/**
 * A file of the operator that is looked at again and again, so that an edit is in force within a
 * second and without a restart. It reads the content instead of comparing times: those are coarse
 * on some file systems and unreliable on others.
 */
import { readFile, stat } from 'node:fs/promises'
import { SECOND_MS } from './core/limits.js'

/**
 * A content counts once two looks agree on it: an editor empties a file before it fills it, and an
 * empty file may be a valid one. Two looks are a second.
 */
const LOOK_MS = SECOND_MS / 2

/** What a look found: the text, or in words why there is none. */
export type Look = { readonly text: string } | { readonly problem: string }

export const GONE: Look = { problem: 'there is no such file' }

export interface WatchedFileParts {
  readonly path: string
  readonly bytesMax: number
  /** Something else is there than before, and for good. */
  readonly changed: (look: Look) => Promise<void>
  /** Nothing changed. */
  readonly same?: () => Promise<void>
}

const isSame = (a: Look | undefined, b: Look) => JSON.stringify(a) === JSON.stringify(b)

export class WatchedFile {
  readonly #parts: WatchedFileParts
  /** The last look, and the last one that was acted on. */
  #seen: Look | undefined
  #judged: Look | undefined
  #timer: NodeJS.Timeout | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(parts: WatchedFileParts) {
    this.#parts = parts
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.inTurn(() => this.#look()), LOOK_MS).unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#timer = undefined
    await this.#turn
  }

  /** What there is to begin with. */
  async first(): Promise<Look> {
    const { path, bytesMax } = this.#parts
    return (this.#seen = this.#judged = await lookAt(path, bytesMax))
  }

  /** Looks at once, and believes what it sees: somebody has said that the file is ready. */
  reload(): Promise<void> {
    return this.inTurn(() => this.#look(true))
  }

  /** This is what is there now; in turn. */
  async wrote(text: string): Promise<void> {
    this.#seen = { text }
    await this.#judge({ text })
  }

  /** A look and a change never overlap. */
  inTurn<Value>(step: () => Promise<Value>): Promise<Value> {
    const turn = this.#turn.then(step)
    this.#turn = turn.catch(() => undefined)
    return turn
  }

  async #look(isReady = false): Promise<void> {
    const { path, bytesMax, same } = this.#parts
    const look = await lookAt(path, bytesMax)
    const isSettled = isReady || isSame(this.#seen, look)
    this.#seen = look
    if (isSettled && !isSame(this.#judged, look)) await this.#judge(look)
    else await same?.()
  }

  async #judge(look: Look): Promise<void> {
    this.#judged = look
    await this.#parts.changed(look)
  }
}

export async function lookAt(path: string, bytesMax: number): Promise<Look> {
  try {
    const found = await stat(path)
    const { size } = found
    if (!found.isFile()) return { problem: 'is not a file' }
    if (size > bytesMax) return { problem: `has ${size} bytes, too many` }
    return { text: await readFile(path, 'utf8') }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? GONE : { problem: `cannot be read (${code ?? String(error)})` }
  }
}
