/**
 * Files of warning lists: plain text with one value a line, or MISP's warninglist JSON. What a
 * value means is the node's to judge; here the file becomes values.
 */
import { basename } from 'node:path'
import { LIMITS } from '../core/limits.js'
import { plainValues } from '../core/list-values.js'
import { Failure } from './failure.js'

export interface ListFile {
  readonly values: readonly string[]
  /** Made of the file's name; one may be given instead. */
  readonly name: string
}

export function readList(path: string, text: string): ListFile {
  const values = /^\s*[{[]/.test(text) ? mispValues(path, text) : plainValues(text)
  if (values.length === 0) throw new Failure('list-empty', `${path} has no values`)
  const name = basename(path)
    .replace(/\.\w+$/, '')
    .toLowerCase()
  return { values, name: name.replace(/[^a-z0-9._-]+/g, '-').slice(0, 64) || 'stdin' }
}

/** https://github.com/MISP/misp-warninglists: `list`, and a `type` that says how to match. */
function mispValues(path: string, text: string): string[] {
  let file: { readonly list?: unknown; readonly type?: unknown }
  try {
    file = JSON.parse(text) as typeof file
  } catch {
    throw new Failure('format-unknown', `${path} is not JSON`)
  }
  const { list, type } = file
  if (!Array.isArray(list) || !list.every((value) => typeof value === 'string')) {
    throw new Failure('format-unknown', `${path} has no "list" of values`)
  }
  // Parts of strings and patterns cannot be looked up; taking them for names would protect nothing.
  if (type === 'substring' || type === 'regex') {
    throw new Failure('format-unknown', `${path} is a list of ${type}, not of addresses or names`)
  }
  return list as string[]
}

/** The text of a file that is small enough to be one request. */
export async function textOf(path: string, bytes: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of bytes) {
    size += part.length
    if (size > LIMITS.listBytesMax) throw new Failure('body-too-large', `${path} is too large`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
