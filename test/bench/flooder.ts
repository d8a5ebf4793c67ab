/**
 * A member that floods: a real mesh over a log of single reports, sealed ahead and published at a
 * rate, so that the nodes beside it do all that is measured. Started by `flood.ts`; it is told what
 * to do by messages and says when it is ready and when it is done.
 */
import { openHeader } from '../../src/core/envelope.js'
import { OPEN_FEDERATION, formatCard, type AuthorId } from '../../src/core/identity.js'
import type { Head } from '../../src/core/heads.js'
import { decode, type Cbor } from '../../src/core/canonical.js'
import { Roster } from '../../src/core/roster.js'
import { Mesh } from '../../src/mesh/mesh.js'
import { Pace } from '../../src/mesh/pace.js'
import type { LogRow } from '../../src/core/store-port.js'
import { ownOf, seedOf } from '../support/lab.js'
import { LongLog } from '../support/long-log.js'

export const FLOODER = 'flooder'

export type FlooderAsked =
  | { readonly ask: 'admit'; readonly author: AuthorId; readonly addresses: readonly string[] }
  | { readonly ask: 'seal'; readonly count: number }
  | { readonly ask: 'flood'; readonly count: number; readonly perSecond: number }

const own = ownOf(FLOODER)
const log = new LongLog(FLOODER)
let members: ConstructorParameters<typeof Roster>[0] = []
let published = 0

function headOf(wire: Uint8Array): Head {
  const [header] = decode(wire) as readonly Cbor[]
  const opened = openHeader(header as Uint8Array)
  if (!opened.ok) throw new Error(opened.code)
  const { id, author, seq, time } = opened.value
  return { id, author, seq, time }
}

const heads = () => {
  if (published === 0) return new Map<AuthorId, Head>()
  const [last] = log.after(published - 1, 1)
  return new Map([[own, headOf(last!)]])
}

const mesh = new Mesh(
  {
    seed: seedOf(FLOODER),
    networkId: OPEN_FEDERATION.networkId,
    listen: ['/ip4/127.0.0.1/tcp/0'],
    announce: [],
  },
  {
    // It hears nobody.
    accept: () => {
      const judged = { status: 'ignored', code: 'author-unknown' } as const
      return { judged, committed: Promise.resolve(judged) }
    },
    roster: () => new Roster(members),
    heads,
    floorOf: () => 1,
    forks: () => new Map(),
    damaged: () => new Map(),
    hearTime: () => undefined,
    readLog: (author, from, to, bytesMax) => Promise.resolve(rowsOf(author, from, to, bytesMax)),
    own,
    clock: Date.now,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  },
)

function rowsOf(author: AuthorId, from: number, to: number, bytesMax: number): LogRow[] {
  if (author !== own) return []
  const rows: LogRow[] = []
  let bytes = 0
  for (let seq = from; seq <= Math.min(to, published); seq++) {
    const [wire] = log.after(seq - 1, 1)
    bytes += wire!.length
    if (rows.length > 0 && bytes > bytesMax) break
    const [header, signature, payload] = decode(wire!) as readonly Uint8Array[]
    const parts = { header: header!, signature: signature!, payload: payload! }
    rows.push({ number: seq, arrivedMs: Date.now(), ...parts })
  }
  return rows
}

async function flood(count: number, perSecond: number): Promise<number> {
  const began = performance.now()
  const pace = new Pace(perSecond, perSecond / 100)
  const { signal } = new AbortController()
  for (const wire of log.after(published, count)) {
    await pace.take(1, signal)
    published++
    void mesh.publish(wire)
  }
  return (performance.now() - began) / 1_000
}

async function answer(asked: FlooderAsked): Promise<unknown> {
  switch (asked.ask) {
    case 'admit': {
      const { author, addresses } = asked
      const rest = { role: 'member', trust: 'observe', addedMs: 0 } as const
      members = [...members, { name: author, ...rest, keys: [{ author, addresses }] }]
      return true
    }
    case 'seal':
      return log.after(0, asked.count).length
    case 'flood':
      return flood(asked.count, asked.perSecond)
  }
}

process.on('message', (asked: FlooderAsked) => {
  void answer(asked).then((said) => process.send!({ said }))
})
process.on('disconnect', () => process.exit(0))
await mesh.start()
process.send!({ said: formatCard(own, mesh.addresses(), OPEN_FEDERATION, 'Flooder') })
