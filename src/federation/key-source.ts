/**
 * The epoch keys that a running node reads keyed values with: those of its federation file, which
 * is watched, so that a rotation is in force within a second. A file that cannot be used, or is of
 * another network, changes nothing.
 */
import type { Federation } from '../core/identity.js'
import { KeyRing, type KeyRingParts, type ReadValue, type SketchNamed } from '../core/key-ring.js'
import type { Clock, Log } from '../core/ports.js'
import { FEDERATION_BYTES_MAX, parseFederation } from './federation-file.js'
import { WatchedFile, type Look } from '../watched-file.js'

export interface KeySourceParts {
  /** As it was at the start. */
  readonly federation: Federation
  readonly path: string
  readonly settings: Omit<KeyRingParts, 'keys'>
  readonly sketchNamed: SketchNamed
  readonly clock: Clock
  readonly log: Log
}

export class KeySource {
  readonly #parts: KeySourceParts
  readonly #file: WatchedFile
  #ring: KeyRing

  constructor(parts: KeySourceParts) {
    const { path, federation } = parts
    this.#parts = parts
    this.#ring = this.#ringOf(federation)
    this.#file = new WatchedFile({
      path,
      bytesMax: FEDERATION_BYTES_MAX,
      changed: (look) => Promise.resolve(this.#judge(look)),
    })
  }

  #ringOf({ keys }: Federation): KeyRing {
    const { settings, clock, sketchNamed } = this.#parts
    return new KeyRing({ ...settings, keys }, clock(), sketchNamed)
  }

  /** Of this moment; the same object while nothing changes. */
  readonly ring = (): KeyRing => (this.#ring = this.#ring.at(this.#parts.clock()))

  readonly read: ReadValue = (type, raw) => this.ring().read(type, raw)

  readonly isLate: KeyRing['isLate'] = (key, atMs) => this.ring().isLate(key, atMs)

  async start(): Promise<void> {
    await this.#file.first()
    this.#file.start()
  }

  stop(): Promise<void> {
    return this.#file.stop()
  }

  reload(): Promise<void> {
    return this.#file.reload()
  }

  #judge(look: Look): void {
    const { federation, path, log } = this.#parts
    const read = 'text' in look ? parseFederation(look.text) : undefined
    const isOurs = read?.ok === true && read.value.networkId === federation.networkId
    if (!isOurs) {
      log.warn('federation-invalid', { path })
      return
    }
    this.#ring = this.#ringOf(read.value)
    log.info('epoch-keys', { newest: this.#ring.epochs[0]?.id, held: this.#ring.epochs.length })
  }
}
