/**
 * Reads every table file of a LevelDB folder once and compares each block with the checksum LevelDB
 * wrote beside it. LevelDB itself looks at them only on request, which its binding does not pass
 * on: a flipped byte was measured to give wrong rows, or to end the process by a failed assertion.
 * So it must not see such a block at all. Tables that a crash left half-written are not part of the
 * database.
 *
 * Formats: LevelDB doc/table_format.md, doc/log_format.md and db/version_edit.cc.
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32c } from './crc32c.js'
import { Reader } from './level-bytes.js'
import { unsnappy } from './snappy.js'

const FOOTER_BYTES = 48
const MAGIC = 0xdb4775248b80fb57n
/** After each block: how it is compressed, and the checksum over both. */
const TRAILER_BYTES = 5
const MASK_DELTA = 0xa282ead8

export interface TableCheck {
  readonly bytes: number
  /** What is wrong, with the file's name; undefined where all is as written. */
  readonly problem: string | undefined
}

/** What is wrong with the tables of the database; undefined where all is as written. */
export async function damagedTable(db: string): Promise<string | undefined> {
  for await (const { problem } of checkTables(db)) if (problem !== undefined) return problem
  return undefined
}

/** Table by table; LevelDB may be running: what it deletes or still writes is no damage. */
export async function* checkTables(db: string): AsyncGenerator<TableCheck> {
  const names = (await readdir(db)).filter((name) => /^\d+\.(?:ldb|sst)$/.test(name)).sort()
  for (const name of names) {
    const first = await checkTable(db, name)
    const isLive = first.problem !== undefined && (await liveTables(db)).has(Number.parseInt(name))
    // What has become part of the database since was being written before.
    const { bytes, problem } = isLive ? await checkTable(db, name) : first
    yield { bytes, problem: isLive && problem !== undefined ? `${name}: ${problem}` : undefined }
  }
}

async function checkTable(db: string, name: string): Promise<TableCheck> {
  try {
    const file = await readFile(join(db, name))
    return { bytes: file.length, problem: problemOf(file) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return { bytes: 0, problem: undefined }
  }
}

function problemOf(file: Buffer): string | undefined {
  const foot = file.length - FOOTER_BYTES
  if (foot < 0 || file.readBigUInt64LE(file.length - 8) !== MAGIC) return 'no table'
  try {
    const footer = new Reader(file.subarray(foot))
    const meta = blockAt(file, footer.varint(), footer.varint())
    const index = blockAt(file, footer.varint(), footer.varint())
    for (const block of [meta, index]) {
      for (const handle of valuesOf(block)) {
        const place = new Reader(handle)
        checkedAt(file, place.varint(), place.varint())
      }
    }
    return undefined
  } catch (error) {
    if (error instanceof RangeError) return error.message
    throw error
  }
}

/** A block with its trailer, if the checksum agrees. */
function checkedAt(file: Buffer, offset: number, size: number): Buffer {
  const end = offset + size + TRAILER_BYTES
  if (end > file.length - FOOTER_BYTES) throw new RangeError(`no block at ${offset}`)
  const block = file.subarray(offset, end)
  const masked = (block.readUInt32LE(size + 1) - MASK_DELTA) >>> 0
  const written = ((masked >>> 17) | (masked << 15)) >>> 0
  if (crc32c(block.subarray(0, size + 1)) !== written) {
    throw new RangeError(`the block at ${offset} is damaged`)
  }
  return block
}

function blockAt(file: Buffer, offset: number, size: number): Buffer {
  const block = checkedAt(file, offset, size)
  const content = block.subarray(0, size)
  return block[size] === 1 ? unsnappy(content) : content
}

/**
 * Values of a block's entries: shared, own and value length, rest of the key, value; then restarts.
 */
function* valuesOf(block: Buffer): Generator<Buffer> {
  const restarts = block.readUInt32LE(block.length - 4)
  const reader = new Reader(block.subarray(0, block.length - 4 - 4 * restarts))
  while (!reader.done) {
    reader.varint()
    const own = reader.varint()
    const length = reader.varint()
    reader.bytes(own)
    yield reader.bytes(length)
  }
}

const EDIT = { comparator: 1, log: 2, next: 3, last: 4, pointer: 5, gone: 6, added: 7, prevLog: 9 }

/** Numbers of the tables that make up the database; empty where LevelDB will refuse it anyway. */
async function liveTables(db: string): Promise<Set<number>> {
  const live = new Set<number>()
  try {
    const current = (await readFile(join(db, 'CURRENT'), 'latin1')).trim()
    if (!/^MANIFEST-\d+$/.test(current)) return live
    for (const record of recordsOf(await readFile(join(db, current)))) applyEdit(record, live)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!isMissing && !(error instanceof RangeError)) throw error
  }
  return live
}

function applyEdit(record: Buffer, live: Set<number>): void {
  const edit = new Reader(record)
  while (!edit.done) {
    const tag = edit.varint()
    if (tag === EDIT.comparator) edit.bytes(edit.varint())
    else if (tag === EDIT.pointer) {
      edit.varint()
      edit.bytes(edit.varint())
    } else if (tag === EDIT.gone) {
      edit.varint()
      live.delete(edit.varint())
    } else if (tag === EDIT.added) {
      edit.varint()
      live.add(edit.varint())
      edit.varint()
      edit.bytes(edit.varint())
      edit.bytes(edit.varint())
    } else if ([EDIT.log, EDIT.next, EDIT.last, EDIT.prevLog].includes(tag)) edit.varint()
    else throw new RangeError(`unknown edit ${tag}`)
  }
}

const BLOCK_BYTES = 32_768
const HEAD_BYTES = 7

/** Records of a log file, which a MANIFEST is: fragments of whole, first, middle and last kind. */
function* recordsOf(file: Buffer): Generator<Buffer> {
  let parts: Buffer[] = []
  for (let at = 0; at + HEAD_BYTES <= file.length;) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES)
    if (left < HEAD_BYTES) {
      at += left
      continue
    }
    const length = file.readUInt16LE(at + 4)
    const kind = file[at + 6]!
    if (kind === 0 || at + HEAD_BYTES + length > file.length) return
    parts.push(file.subarray(at + HEAD_BYTES, at + HEAD_BYTES + length))
    at += HEAD_BYTES + length
    if (kind === 1 || kind === 4) {
      yield Buffer.concat(parts)
      parts = []
    }
  }
}
