/**
 * What this operator never acts on: single values with a reason, and warning lists. A change is in
 * force when it is answered, on what is held already as well. Shows what was published although it
 * was guarded, too.
 */
import { Type } from 'typebox'
import { anyNetwork } from '../core/network-set.js'
import {
  indicatorOf,
  typeByName,
  typeOf,
  type Indicator,
  type Question,
} from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { listValues } from '../core/list-values.js'
import { fine, type InputCode, type Result } from '../core/outcome.js'
import { isReason, type AllowEntry, type Forced, type WarningList } from '../core/own-rows.js'
import { isHashAlone, momentOf } from '../core/request.js'
import { WARNING_LIST_TYPES, warningListOf } from '../exchange/warning-list.js'
import { verdictOn } from '../lookup/verdict.js'
import { listsInForce } from '../policy/guards.js'
import { allowKeyOf } from '../policy/value-set.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem, valueOr } from './problems.js'
import { object, type App } from './shape.js'
import { Turns } from './turns.js'

const Named = object({ type: Type.String(), value: Type.String() })
const Entry = object({
  type: Type.String(),
  value: Type.String(),
  reason: Type.String(),
  until: Type.Optional(Type.String()),
  request: Type.Optional(Type.Boolean()),
})
const ListName = Type.String({ pattern: '^[a-z0-9._-]{1,64}$' })
const List = object({
  name: ListName,
  as: Type.Optional(Type.Enum(['never', 'cloud'])),
  values: Type.Array(Type.String()),
  emailDomains: Type.Optional(Type.Boolean()),
})

/** As a warning list of MISP, of which one holds values of one kind. */
const As = object({ as: Type.Optional(Type.Enum([...WARNING_LIST_TYPES])) })

/** Values of a list that could not be read are counted, and so many of them named. */
const UNREAD_SHOWN_MAX = 20

export function allowRoutes(app: App, dependencies: HttpDependencies): void {
  const { state, registrar, clock } = dependencies
  const operator = { config: { role: 'operator' } } as const
  const turns = new Turns()

  app.get('/v1/allowlist', { ...operator, schema: { querystring: As } }, (request) => {
    const { as } = request.query
    if (as === undefined) return listing(dependencies)
    const parts = {
      allowed: state.lists.of('allow').values(),
      lists: state.lists.of('lists').values(),
    }
    return warningListOf(as, parts, { name: dependencies.name, now: clock() })
  })

  app.post('/v1/allowlist', { ...operator, schema: { body: Entry } }, (request, reply) =>
    turns.take(async () => {
      const question = valueOr(allowable(dependencies, request.body))
      if (isHashAlone(question)) throw new Problem('keyed-not-raw')
      const name = allowKeyOf(question)
      const row = entryOf(indicatorOf(name), request.body, request.caller, clock())
      const rows = state.lists.of('allow')
      if (!rows.has(name) && rows.size >= LIMITS.allowMax) throw new Problem('allow-full')
      const was = actionOn(dependencies, question)
      await registrar.change({ table: 'allow', name, row })
      const now = actionOn(dependencies, question)
      return reply.code(201).send({ entry: shownEntry(row, clock()), effect: { was, now } })
    }),
  )

  app.delete('/v1/allowlist', { ...operator, schema: { body: Named } }, (request) =>
    turns.take(async () => {
      const question = valueOr(allowable(dependencies, request.body))
      const name = allowKeyOf(question)
      const row = state.lists.of('allow').get(name)
      if (row === undefined) throw new Problem('allow-unknown')
      const was = actionOn(dependencies, question)
      await registrar.change({ table: 'allow', name, row: null })
      const now = actionOn(dependencies, question)
      return { removed: shownEntry(row, clock()), effect: { was, now } }
    }),
  )

  listRoutes(app, dependencies, turns)
}

function listRoutes(app: App, { state, registrar, clock }: HttpDependencies, turns: Turns): void {
  const config = { role: 'operator' } as const
  const bodyLimit = LIMITS.listBytesMax
  app.post('/v1/allowlist/lists', { config, bodyLimit, schema: { body: List } }, (request, reply) =>
    turns.take(async () => {
      const { name, as = 'never', values, emailDomains = false } = request.body
      if (values.length > LIMITS.listValuesMax) throw new Problem('list-too-long')
      const lists = state.lists.of('lists')
      if (!lists.has(name) && lists.size >= LIMITS.listsMax) throw new Problem('lists-full')
      const { unread, ...read } = listValues(values)
      if (read.networks.length + read.domains.length === 0) throw new Problem('list-empty')
      const told = { addedMs: clock(), by: request.caller }
      const row: WarningList = { name, effect: as, ...read, emailDomains, ...told }
      await registrar.change({ table: 'lists', name, row })
      const named = unread.slice(0, UNREAD_SHOWN_MAX)
      return reply.code(201).send({ list: shownList(row), unread: unread.length, named })
    }),
  )

  const params = object({ name: Type.String() })
  app.delete('/v1/allowlist/lists/:name', { config, schema: { params } }, (request) =>
    turns.take(async () => {
      const { name } = request.params
      const row = state.lists.of('lists').get(name)
      if (row === undefined) throw new Problem('list-unknown')
      await registrar.change({ table: 'lists', name, row: null })
      return { removed: shownList(row) }
    }),
  )
}

/** As look-ups have it; a network may be wider than one that is reported. */
function allowable(
  { read }: HttpDependencies,
  { type, value }: Pick<Asked, 'type' | 'value'>,
): Result<Question, InputCode> {
  const made = read(type, value)
  if (made.ok || made.code !== 'network-too-wide') return made
  return fine({ type: typeByName('net.cidr')!.code, value: anyNetwork(value.trim())!.text })
}

interface Asked {
  readonly type: string
  readonly value: string
  readonly reason: string
  readonly until?: string
  readonly request?: boolean
}

function entryOf(indicator: Indicator, asked: Asked, by: string, now: number) {
  const { until, request } = asked
  const reason = asked.reason.trim()
  if (!isReason(reason)) throw new Problem('reason-missing')
  const untilMs = until === undefined ? undefined : valueOr(momentOf(until, now))
  return {
    ...indicator,
    reason,
    ...(untilMs === undefined ? {} : { untilMs }),
    // An account is the whole caller; anything else is one trait of the request.
    request: request ?? typeOf(indicator.type).name === 'actor.account',
    addedMs: now,
    by,
  } satisfies AllowEntry
}

function actionOn({ lookup, clock }: HttpDependencies, question: Question): string {
  return verdictOn(lookup(), question, clock()).action
}

function listing({ state, shippedLists, lookup, clock }: HttpDependencies) {
  const rows = state.lists
  const shipped = shippedLists
  const inForce = new Set(listsInForce({ rows, shipped }, lookup().policy))
  return {
    entries: [...rows.of('allow').values()].map((entry) => shownEntry(entry, clock())),
    lists: [...shipped, ...rows.of('lists').values()].map((list) => ({
      ...shownList(list),
      shipped: shipped.includes(list),
      inForce: inForce.has(list),
    })),
    forced: [...rows.of('forced').values()].map(shownForced),
  }
}

function shownEntry(
  { type, value, reason, untilMs, request, addedMs, by }: AllowEntry,
  now: number,
) {
  return {
    type: typeOf(type).name,
    value,
    reason,
    ...(untilMs === undefined ? {} : { until: iso(untilMs), over: now >= untilMs }),
    request,
    addedAt: iso(addedMs),
    by,
  }
}

function shownList({ name, effect, networks, domains, emailDomains, addedMs, by }: WarningList) {
  const counts = { networks: networks.length, domains: domains.length }
  return { name, as: effect, ...counts, emailDomains, addedAt: iso(addedMs), by }
}

function shownForced({ type, value, guard, reason, atMs, by }: Forced) {
  return { type: typeOf(type).name, value, guard, reason, at: iso(atMs), by }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
