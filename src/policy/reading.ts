/**
 * Reads the values of a policy file, key by key, and gathers what is wrong with them: every fault
 * of a file is told at once.
 */
import { ACTION, type Action } from '../core/codes.js'
import { typesNamed, TYPES, type IndicatorType } from '../core/indicator.js'
import { nearest } from '../core/spelling.js'
import { DEFAULT_POLICY } from './rules.js'

/** Something about one key of the file, in words. */
export interface PolicyNote {
  readonly key: string
  readonly message: string
}

export type Group = Readonly<Record<string, unknown>>

/** `allow` is no cap: what must not act at all is no member's, or is on the allowlist. */
const CAPS = ACTION.names.filter((name) => name !== 'allow')

/** Every key of the default, groups included, for who misspells one. */
function keysOf(group: object, prefix = ''): string[] {
  return Object.entries(group).flatMap(([name, value]: [string, unknown]) => {
    const key = prefix + name
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? [key, ...keysOf(value, `${key}.`)]
      : [key]
  })
}
const KEYS = keysOf(DEFAULT_POLICY)
const TYPE_NAMES = TYPES.flatMap(({ name, short }) => [name, short])

export interface Bounds {
  readonly min: number
  readonly max: number
  readonly isWhole?: boolean
}

/** Reads value by value; where one is wrong, says so and goes on with the default. */
export class Reading {
  readonly errors: PolicyNote[] = []
  readonly warnings: PolicyNote[] = []

  /** Once, however many types of `ip` it is about. */
  wrong(key: string, message: string): void {
    const isTold = this.errors.some((told) => told.key === key && told.message === message)
    if (!isTold) this.errors.push({ key, message })
  }

  mapping(key: string, value: unknown): Group {
    if (value == null) return {}
    if (typeof value === 'object' && !Array.isArray(value)) return value as Group
    this.wrong(key || 'file', 'holds keys with their values')
    return {}
  }

  /** A mapping with certain keys only. */
  group(key: string, value: unknown, names: readonly string[]): Group {
    const group = this.mapping(key, value)
    const prefix = key === '' ? '' : `${key}.`
    for (const name of Object.keys(group)) {
      if (names.includes(name)) continue
      const valid = [...names.map((one) => prefix + one), ...KEYS]
      this.wrong(prefix + name, `no such key; did you mean ${nearest(prefix + name, valid)}?`)
    }
    return group
  }

  /** A group whose values are all of one kind. */
  each<Names extends string, Value>(
    key: string,
    value: unknown,
    standard: Readonly<Record<Names, Value>>,
    read: (key: string, given: unknown, standard: Value) => Value,
  ): Record<Names, Value> {
    const names = Object.keys(standard) as Names[]
    const group = this.group(key, value, names)
    return Object.fromEntries(
      names.map((name) => [name, read(`${key}.${name}`, group[name], standard[name])]),
    ) as Record<Names, Value>
  }

  action(key: string, value: unknown, standard: Action): Action {
    if (value == null) return standard
    const found = CAPS.find((name) => name === value)
    if (found === undefined) this.wrong(key, `is one of ${CAPS.join(' ')}`)
    return found ?? standard
  }

  number(key: string, value: unknown, standard: number, { min, max, isWhole }: Bounds): number {
    if (value == null) return standard
    const fits = typeof value === 'number' && value >= min && value <= max
    if (fits && (isWhole !== true || Number.isInteger(value))) return value
    const upTo = max === Number.MAX_SAFE_INTEGER ? `${min} up` : `${min} to ${max}`
    this.wrong(key, `is a ${isWhole === true ? 'whole ' : ''}number from ${upTo}`)
    return standard
  }

  flag(key: string, value: unknown, standard: boolean): boolean {
    if (value == null || typeof value === 'boolean') return value ?? standard
    this.wrong(key, 'is true or false')
    return standard
  }

  /** A set of names. */
  names(key: string, value: unknown): string[] {
    if (value == null) return []
    const isNames = (list: unknown[]): list is string[] =>
      list.every((name) => typeof name === 'string' && name !== '')
    if (Array.isArray(value) && isNames(value)) return [...new Set(value)]
    this.wrong(key, 'is a list of names')
    return []
  }

  types(key: string, name: string): readonly IndicatorType[] {
    const types = typesNamed(name)
    if (types.length === 0) {
      const message = `no such type: ${name}; did you mean ${nearest(name, TYPE_NAMES)}?`
      this.warnings.push({ key, message })
    }
    return types
  }
}
