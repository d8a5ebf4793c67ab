/**
 * The world's signatures. What one node has found of these very bytes, message, key and signature,
 * every node would find: while a world lives the verdict is worked out once, by the real
 * implementation, and remembered. Five nodes that restart read the same logs again and again.
 */
import crypto, { type KeyObject } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

type Verify = (
  algorithm: null,
  message: Uint8Array,
  key: KeyObject,
  signature: Uint8Array,
) => boolean

export class Seals {
  readonly #real = crypto.verify as Verify
  /** By key object, of which there is one for a public key. */
  readonly #found = new Map<KeyObject, Map<string, boolean>>()

  install(): void {
    const verify: Verify = (algorithm, message, key, signature) => {
      const found = this.#of(key)
      const place = textOf(signature) + textOf(message)
      let verdict = found.get(place)
      if (verdict === undefined) {
        verdict = this.#real(algorithm, message, key, signature)
        found.set(place, verdict)
      }
      return verdict
    }
    this.#put(verify)
  }

  uninstall(): void {
    this.#put(this.#real)
  }

  #put(verify: Verify): void {
    Object.assign(crypto, { verify })
    syncBuiltinESMExports()
  }

  #of(key: KeyObject): Map<string, boolean> {
    const found = this.#found.get(key) ?? new Map<string, boolean>()
    this.#found.set(key, found)
    return found
  }
}

/** The bytes one to one; all signatures are of one length, so no two pairs run together. */
function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
