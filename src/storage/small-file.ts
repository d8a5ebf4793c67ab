/**
 * Small files beside the database: the marker, our own high-water mark, the node's key and the
 * operator's token. Written whole and durably: temporary file, fsync, rename, fsync of the folder.
 */
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { StoreError } from '../core/store-port.js'

export async function readSmallFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StoreError('disk-failed', `cannot read ${path}`, { cause: error })
  }
}

/** Readers see the old content or the new, also after a power cut. */
export function writeSmallFile(path: string, content: string, mode = 0o600): Promise<void> {
  return writeWhole(path, (file) => file.writeFile(content), mode)
}

/** The same for whatever `write` writes. */
export async function writeWhole(
  path: string,
  write: (file: FileHandle) => Promise<unknown>,
  mode = 0o600,
): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const file = await open(temporary, 'w', mode)
    try {
      await write(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    // A disk that is full must not stay so because of what did not fit.
    await rm(temporary, { force: true }).catch(() => undefined)
    throw new StoreError('disk-failed', `cannot write ${path}`, { cause: error })
  }
}

/** The names in it are then durable, too. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** The data folder, readable by its owner alone. */
export async function makeDataFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
  await chmod(path, 0o700)
}

export const NODE_KEY = 'node.key'
export const LOCAL_SECRET = 'local.key'
/** Where the settings name no other. */
export const FEDERATION = 'federation.yaml'

/** Its presence says that the folder was restored and peers must be asked before our first word. */
export const MUST_ASK = 'must-ask'

export interface Marker {
  readonly format: number
  readonly networkId: string
}

export async function readMarker(data: string): Promise<Marker | undefined> {
  const path = join(data, 'marker')
  const text = await readSmallFile(path)
  if (text === undefined) return undefined
  const marker = markerOf(text)
  if (marker === undefined) throw new StoreError('row-damaged', `${path} does not hold a marker`)
  return marker
}

function markerOf(text: string): Marker | undefined {
  try {
    const marker = JSON.parse(text) as Partial<Marker> | null
    const { format, networkId } = marker ?? {}
    if (!Number.isSafeInteger(format) || typeof networkId !== 'string') return undefined
    return marker as Marker
  } catch {
    return undefined
  }
}

export async function writeMarker(data: string, marker: Marker): Promise<void> {
  await writeSmallFile(join(data, 'marker'), `${JSON.stringify(marker)}\n`)
}

/**
 * The highest seq of our own that was ever about to be published, outside the database: a restored
 * or damaged log that lacks what others already hold must not speak, or it forks itself.
 */
export class HighWater {
  #seq: number

  #mustAsk: boolean

  private constructor(
    readonly data: string,
    seq: number,
    mustAsk: boolean,
  ) {
    this.#seq = seq
    this.#mustAsk = mustAsk
  }

  static async read(data: string): Promise<HighWater> {
    const seq = Number((await readSmallFile(join(data, 'high-water'))) ?? 0)
    return new HighWater(data, seq, existsSync(join(data, MUST_ASK)))
  }

  get seq(): number {
    return this.#seq
  }

  /** This folder came from a backup, which may be older than what others hold of us. */
  get mustAsk(): boolean {
    return this.#mustAsk
  }

  /** Takes the mark up to what the log holds; whether that is all there is remains open. */
  async raise(seq: number): Promise<void> {
    if (seq <= this.#seq) return
    await writeSmallFile(join(this.data, 'high-water'), `${seq}\n`)
    this.#seq = seq
  }

  /** Once we have spoken again the folder is as good as any. */
  async write(seq: number): Promise<void> {
    await writeSmallFile(join(this.data, 'high-water'), `${seq}\n`)
    this.#seq = seq
    if (!this.#mustAsk) return
    await rm(join(this.data, MUST_ASK), { force: true })
    this.#mustAsk = false
  }
}

export class KeyExposed extends Error {
  readonly code = 'key-exposed'
}

/** The node's seed; made at first start. Refuses a file that others on this machine can read. */
export async function nodeSeed(data: string): Promise<Uint8Array> {
  const path = join(data, NODE_KEY)
  const held = await readSecret(path)
  if (held !== undefined) {
    if (!/^[0-9a-f]{64}\n?$/.test(held)) {
      throw new StoreError('row-damaged', `${path} does not hold a key`)
    }
    return Buffer.from(held.trim(), 'hex')
  }
  const seed = randomBytes(32)
  await writeSmallFile(path, `${seed.toString('hex')}\n`)
  return seed
}

/**
 * The secret under which allow entries of keyed types are kept, and what requests were answered; in
 * hex. It never changes, because nothing could be hashed anew: every backup has it.
 */
export async function localSecret(data: string): Promise<string> {
  const path = join(data, LOCAL_SECRET)
  const held = (await readSecret(path))?.trim()
  if (held !== undefined) {
    if (/^[0-9a-f]{64}$/.test(held)) return held
    throw new StoreError('row-damaged', `${path} does not hold a secret`)
  }
  const secret = randomBytes(32).toString('hex')
  await writeSmallFile(path, `${secret}\n`)
  return secret
}

/**
 * Names this life of the folder's database, for cursors of its change feed. No backup has it: what
 * is restored begins another life, which is later than every one before it.
 */
export async function feedLife(data: string, now: number): Promise<string> {
  const path = join(data, 'feed-life')
  const held = (await readSmallFile(path))?.trim()
  if (held !== undefined && /^[0-9a-f]{12}-[0-9a-f]{8}$/.test(held)) return held
  const life = `${now.toString(16).padStart(12, '0')}-${randomBytes(4).toString('hex')}`
  await writeSmallFile(path, `${life}\n`)
  return life
}

/** The operator's token; made at first start. */
export async function operatorToken(data: string): Promise<string> {
  const path = join(data, 'operator.token')
  const held = await readSecret(path)
  if (held !== undefined) return held.trim()
  const token = `tocsin_${randomBytes(32).toString('base64url')}`
  await writeSmallFile(path, `${token}\n`)
  return token
}

async function readSecret(path: string): Promise<string | undefined> {
  const text = await readSmallFile(path)
  if (text === undefined) return undefined
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) {
    throw new KeyExposed(`others on this machine can read ${path}: chmod 600 it, or use a new key`)
  }
  return text
}
