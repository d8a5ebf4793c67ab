/**
 * Log lines: JSON on stderr, one stable `code` each (README.md beside this file has them all).
 * Fields named after an indicator or a secret are never printed, at any depth, nor is a token of
 * ours inside any text, so that neither ends in a log by oversight.
 */
import { destination, pino, stdTimeFunctions } from 'pino'
import type { Log } from '../core/ports.js'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

/** As a whole name or the end of one, in any spelling: `apiKey`, `x-api-key`, `SET_COOKIE`. */
const NAMES = ['value', 'token', 'key', 'seed', 'secret', 'password', 'credential', 'prompt']
const HIDDEN = new RegExp(`(?:${[...NAMES, 'authorization', 'cookie'].join('|')})s?$`, 'i')
/** A token of this node, and whatever follows the word in a header. */
const SECRETS = /\btocsin_[\w-]{16,}|\bBearer\s+\S+/g
const HIDING = '[hidden]'
const DEPTH_MAX = 6

/** `stream` stands in for stderr in tests. */
export function createLog(
  level: LogLevel,
  stream: { write(line: string): unknown } = destination({ dest: 2, sync: true }),
): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => void stream.write(line) },
  )
  const at = (one: Exclude<LogLevel, 'silent'>): Log['info'] => {
    if (!logger.isLevelEnabled(one)) return () => undefined
    return (code, fields) => logger[one]({ code, ...shown(fields) })
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/** The line's own code wins over a field of that name. */
function shown(fields: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  if (fields === undefined) return {}
  const { code, ...others } = fields
  return safe(code === undefined ? others : { ...others, cause: code }, 0) as Record<
    string,
    unknown
  >
}

function safe(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'string') return value.replace(SECRETS, HIDING)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH_MAX) return '…'
  if (value instanceof Error) {
    const { code } = value as NodeJS.ErrnoException
    return {
      name: value.name,
      message: safe(value.message, depth),
      ...(code === undefined ? {} : { code }),
    }
  }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) return value.map((item) => safe(item, depth + 1))
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    HIDDEN.test(key) ? HIDING : safe(item, depth + 1),
  ])
  return Object.fromEntries(entries) as unknown
}
