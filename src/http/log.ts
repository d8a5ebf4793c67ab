/**
 * `/v1/log`: every statement in the order in which this node took it in, own ones among them, for
 * whoever wants to watch. Goes on from a cursor, and with `wait` answers once there is more. What a
 * statement says is its author's word: whether it acts is `/v1/explain`'s to say.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { readPayload } from '../core/envelope.js'
import { sayingOf } from '../core/evidence.js'
import type { FeedRow } from '../core/feed.js'
import { peerNameOf } from '../core/identity.js'
import { SECOND_MS } from '../core/limits.js'
import { parseDuration } from '../core/request.js'
import type { LiveState } from '../lookup/live-state.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const PAGE_BYTES = 64 << 10
const TAIL_DEFAULT = 50
const WAIT_MS_MAX = 30 * SECOND_MS
/** A look is one comparison. */
const LOOK_MS = 20

const Text = Type.Optional(Type.String())
const Query = object({
  /** Of an earlier answer; without one the answer has the newest `tail` commits. */
  cursor: Type.Optional(Type.String({ pattern: '^\\d{1,15}$' })),
  tail: Type.Optional(Type.String({ pattern: '^\\d{1,4}$' })),
  wait: Text,
})

export function logRoutes(app: App, dependencies: HttpDependencies): void {
  const { state, history } = dependencies
  const stopping = new AbortController()
  app.addHook('preClose', (done) => {
    stopping.abort()
    done()
  })
  const options = { config: { role: 'operator' }, schema: { querystring: Query } } as const
  app.get('/v1/log', options, async (request) => {
    const { cursor, tail = String(TAIL_DEFAULT), wait } = request.query
    const waitMs = wait === undefined ? 0 : parseDuration(wait)
    if (waitMs === undefined || waitMs > WAIT_MS_MAX) {
      throw new Problem('request-malformed', 'query: wait is a duration of 30s at most')
    }
    const newest = state.seen.number
    // A cursor of an older life of the folder would otherwise wait for ever.
    const after =
      cursor === undefined || Number(cursor) > newest
        ? Math.max(0, newest - Number(tail))
        : Number(cursor)
    await news(state, after, waitMs, request, stopping.signal)
    const page = await history.page(after, state.seen.number, PAGE_BYTES)
    return {
      entries: page.rows.flatMap((row) => entriesOf(state, row)),
      cursor: String(page.number),
      more: page.number < state.seen.number,
    }
  })
}

async function news(
  state: LiveState,
  after: number,
  waitMs: number,
  { raw }: FastifyRequest,
  stopping: AbortSignal,
): Promise<void> {
  const gone = new AbortController()
  raw.socket.once('close', () => gone.abort())
  const signal = AbortSignal.any([stopping, gone.signal])
  const end = performance.now() + waitMs
  while (state.seen.number <= after && performance.now() < end && !signal.aborted) {
    await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
  }
}

function entriesOf(state: LiveState, row: FeedRow): object[] {
  if ('change' in row || row.payload === null) return []
  const statements = readPayload(row.payload)
  if (!statements.ok) return []
  const { author, id, seq, time } = row.envelope
  const said = {
    number: row.number,
    member: state.organisationOf(author) ?? null,
    peerId: peerNameOf(author),
    isOwn: author === state.own,
    saidAt: new Date(time).toISOString(),
    ...{ envelope: id, seq },
  }
  return statements.value.map((statement, index) =>
    statement.kind === 'void'
      ? { ...said, index, void: statement.code }
      : { ...said, index, says: sayingOf(statement) },
  )
}
