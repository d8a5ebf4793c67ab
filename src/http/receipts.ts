/**
 * `/v1/receipts`: how far each member has applied our own log, by its signed word. Asking makes the
 * node ask whoever can be reached and has not shown it yet: ask again until nobody is waited for.
 */
import { Type } from 'typebox'
import type { Envelope } from '../core/envelope.js'
import { envelopeOf } from '../core/evidence.js'
import { peerNameOf, type AuthorId, type EnvelopeId } from '../core/identity.js'
import type { Link, Receipt, Receipts } from '../core/mesh-port.js'
import type { Member } from '../core/roster.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

/** An envelope is looked for among our newest ones, so many at a time. */
const SEARCHED_MAX = 20_000
const PAGE = 200

const Query = object({ envelope: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$' })) })

type Needs = Pick<HttpDependencies, 'state' | 'links' | 'receipts' | 'own' | 'readLog'>

export function receiptRoutes(app: App, dependencies: Needs): void {
  const options = { config: { role: 'operator' }, schema: { querystring: Query } } as const
  app.get('/v1/receipts', options, async (request) => {
    const { own, state, receipts, links } = dependencies
    const head = state.heads.get(own)
    const id = (request.query.envelope ?? head?.id) as EnvelopeId | undefined
    if (id === undefined || head === undefined) throw new Problem('envelope-unknown')
    const { seq, time } = await ownRow(dependencies, id, head.seq)
    receipts.ask(seq)
    const byAuthor = new Map(links().map((link) => [link.author, link]))
    const members = state.roster.members.flatMap((member) =>
      keysOf(member, { seq, time }, byAuthor, receipts),
    )
    const count = (state: string) => members.filter((one) => one.state === state).length
    return {
      envelope: id,
      seq,
      time: new Date(time).toISOString(),
      applied: count('applied'),
      waiting: count('waiting'),
      unreachable: count('unreachable'),
      members,
    }
  })
}

/** The envelope of ours with this id. Throws `envelope-unknown`. */
async function ownRow({ own, readLog }: Needs, id: EnvelopeId, newest: number): Promise<Envelope> {
  const oldest = Math.max(1, newest - SEARCHED_MAX + 1)
  for (let to = newest; to >= oldest; to -= PAGE) {
    const from = Math.max(oldest, to - PAGE + 1)
    const rows = await readLog(own, from, to, Infinity)
    for (const row of rows.reverse()) {
      const found = envelopeOf(row, id)
      if (found !== undefined) return found
    }
  }
  throw new Problem('envelope-unknown')
}

/** How a member's keys stand to one envelope of ours. */
function keysOf(
  { name, role, keys }: Member,
  { seq, time }: Pick<Envelope, 'seq' | 'time'>,
  links: ReadonlyMap<AuthorId, Link>,
  receipts: Receipts,
) {
  return keys.map(({ author }) => {
    const { link = 'down' } = links.get(author) ?? {}
    const receipt = receipts.of(author)
    const isApplied = receipt !== undefined && receipt.seq >= seq
    const firstMs = isApplied ? receipts.firstMs(author, seq) : undefined
    return {
      name,
      role,
      peerId: peerNameOf(author),
      link,
      state: isApplied ? 'applied' : link === 'up' ? 'waiting' : 'unreachable',
      // By our clock alone: from the envelope's time to the first word that it is applied.
      lagMs: firstMs === undefined ? null : Math.max(0, firstMs - time),
      receipt: receipt === undefined ? null : shown(receipt),
    }
  })
}

function shown({ seq, id, timeMs, heardMs, wire }: Receipt) {
  const [time, heard] = [timeMs, heardMs].map((ms) => new Date(ms).toISOString())
  return { seq, envelope: id, time, heard, beacon: Buffer.from(wire).toString('base64') }
}
