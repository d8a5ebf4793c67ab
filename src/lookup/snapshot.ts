/**
 * The whole state of a node at one place of its change feed, as bytes: what a follower starts from
 * and what it keeps as its last good one.
 *
 *   snapshot = magic ‖ length(4) ‖ header (JSON) ‖ image ‖ SHA-256 over all before it
 *   header   = {mark, context, keys, imageBytes}
 *
 * Its end is known from its beginning, so that a cut one never looks whole. The mark is signed:
 * place, time, and the hash that the claims must sum up to.
 */
import { createHash } from 'node:crypto'
import { formatCursor, type Cursor } from '../core/feed.js'
import { isNewerMark, openMark, type Mark } from '../core/mark.js'
import { failed, fine, type Result } from '../core/outcome.js'
import type { Context } from './context.js'
import type { HashKey } from './half-siphash.js'
import type { LiveState } from './live-state.js'
import { stateFrom, stateImage } from './state-image.js'

const MAGIC = Buffer.from('tocsin/1/snapshot\0', 'latin1')
/** The same of any version. */
const ANY_MAGIC = /^tocsin\/\d+\/snapshot\0/
const HASH_BYTES = 32
const HEADER_BYTES_MAX = 16 << 20

export interface SnapshotHeader {
  /** `sealMark`ed. */
  readonly mark: string
  readonly context: Context
}

export interface Snapshot {
  /** Strong: the place, which determines the bytes as long as the node runs. */
  readonly etag: string
  readonly chunks: readonly Uint8Array[]
  readonly bytes: number
  /** Keys of which anything is said. */
  readonly keys: number
}

/** Copies the state as of now. */
export function sealSnapshot(state: LiveState, cursor: Cursor, header: SnapshotHeader): Snapshot {
  const image = stateImage(state)
  const imageBytes = image.reduce((sum, chunk) => sum + chunk.length, 0)
  const keys = state.claims.size
  const text = Buffer.from(JSON.stringify({ ...header, keys, imageBytes }))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const chunks: Uint8Array[] = [MAGIC, length, text, ...image]
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  chunks.push(hash.digest())
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  return { etag: `"${formatCursor(cursor)}"`, chunks, bytes, keys }
}

/**
 * Why bytes are no snapshot. cut: they end too early or too late. damaged: their hash is another.
 * unsigned: the mark is not what its node signed. different: the claims are not those of the mark.
 * version: a version of Tocsin made it that this one does not read.
 */
export type SnapshotCode =
  | 'snapshot-version-unknown'
  | 'snapshot-malformed'
  | 'snapshot-cut'
  | 'snapshot-damaged'
  | 'snapshot-unsigned'
  | 'snapshot-different'

export interface OpenedSnapshot {
  readonly mark: Mark
  /** As it was signed. */
  readonly sealed: string
  readonly context: Context
  readonly state: LiveState
}

export function openSnapshot(
  bytes: Uint8Array,
  hashKey: HashKey,
): Result<OpenedSnapshot, SnapshotCode> {
  const head = readHeader(bytes)
  if (!head.ok) return head
  const { header, start, end } = head.value
  const hash = createHash('sha256').update(bytes.subarray(0, end)).digest()
  if (!hash.equals(bytes.subarray(end))) return failed('snapshot-damaged')
  const { mark: sealed, context } = header
  const mark = openMark(sealed)
  if (isNewerMark(sealed)) return failed('snapshot-version-unknown', 'its mark')
  if (mark === undefined || mark.author !== context.own) return failed('snapshot-unsigned')
  const { own, name } = context
  const state = stateFrom(bytes.subarray(start, end), { own, name, hashKey })
  if (!state.ok) {
    const isOther = state.code === 'image-version-unknown'
    return failed(isOther ? 'snapshot-version-unknown' : 'snapshot-malformed', state.code)
  }
  if (state.value.sums.stateHash(mark.day) !== mark.stateHash) return failed('snapshot-different')
  return fine({ mark, sealed, context, state: state.value })
}

function readHeader(
  bytes: Uint8Array,
): Result<{ header: SnapshotHeader; start: number; end: number }, SnapshotCode> {
  const begin = MAGIC.length + 4
  if (bytes.length < begin) return failed('snapshot-cut')
  if (!MAGIC.equals(bytes.subarray(0, MAGIC.length))) {
    const start = Buffer.from(bytes.subarray(0, begin)).toString('latin1')
    const isOurs = ANY_MAGIC.test(start)
    return failed(isOurs ? 'snapshot-version-unknown' : 'snapshot-malformed')
  }
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.readUInt32BE(MAGIC.length)
  if (length > HEADER_BYTES_MAX) return failed('snapshot-malformed')
  const start = begin + length
  if (bytes.length < start) return failed('snapshot-cut')
  let header: (SnapshotHeader & { readonly imageBytes: number }) | null
  try {
    header = JSON.parse(view.toString('utf8', begin, start)) as typeof header
  } catch {
    return failed('snapshot-damaged')
  }
  if (header === null || !Number.isSafeInteger(header.imageBytes)) return failed('snapshot-damaged')
  const end = start + header.imageBytes
  if (end + HASH_BYTES !== bytes.length) return failed('snapshot-cut')
  return fine({ header, start, end })
}
