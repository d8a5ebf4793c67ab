/**
 * Log lines: JSON on stderr, one stable `code` each. Fields named `value` or `token` are never
 * printed, at any depth, so that neither an indicator nor a secret ends in a log by oversight.
 */
import { destination, pino, stdTimeFunctions } from 'pino'
import type { Log } from '../core/ports.js'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

const HIDDEN = new Set(['value', 'token'])
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
  return {
    info: (code, fields) => logger.info({ code, ...shown(fields) }),
    warn: (code, fields) => logger.warn({ code, ...shown(fields) }),
    error: (code, fields) => logger.error({ code, ...shown(fields) }),
  }
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
  if (typeof value !== 'object' || value === null) return value
  if (depth >= DEPTH_MAX) return '…'
  if (value instanceof Error) {
    const { code } = value as NodeJS.ErrnoException
    return { name: value.name, message: value.message, ...(code === undefined ? {} : { code }) }
  }
  if (Array.isArray(value)) return value.map((item) => safe(item, depth + 1))
  const entries = Object.entries(value).map(([key, item]) => [
    key,
    HIDDEN.has(key) ? '[hidden]' : safe(item, depth + 1),
  ])
  return Object.fromEntries(entries) as unknown
}
