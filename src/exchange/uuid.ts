/** Names as UUIDs (RFC 9562 §5.5, version 5): the same name is the same UUID at every lab. */
import { createHash } from 'node:crypto'

/** Of Tocsin, drawn once; another one would rename everything that was ever handed out. */
const NAMESPACE = Buffer.from('6f2b0a5c7f3e4d0c9a58d1b2c46e8f17', 'hex')

/** Lower-case with hyphens. Parts are told apart by a line end, which none of them has. */
export function uuidOf(...parts: readonly (string | number)[]): string {
  const bytes = createHash('sha1').update(NAMESPACE).update(parts.join('\n')).digest()
  bytes[6] = (bytes[6]! & 0x0f) | 0x50
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  return bytes.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
