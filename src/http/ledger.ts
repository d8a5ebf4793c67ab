/**
 * `/v1/ledger`: what left this node and what was kept from leaving, for counsel (`core/ledger.ts`
 * has the lines). Read as it is sent, so that a log of any length costs no memory.
 */
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import { TLP } from '../core/codes.js'
import { openParts, type Envelope } from '../core/envelope.js'
import { peerNameOf } from '../core/identity.js'
import { typeOf } from '../core/indicator.js'
import { wireBytes, type LedgerWriter } from '../core/ledger.js'
import type { LogRow, SpokenRun } from '../core/store-port.js'
import type { Statement } from '../core/statement.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const PAGE_BYTES = 1 << 20
const PAGE_ROWS = 1_000

const Query = object({ from: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,15}$' })) })

export function ledgerRoutes(app: App, dependencies: HttpDependencies): void {
  const options = { config: { role: 'operator' }, schema: { querystring: Query } } as const
  app.get('/v1/ledger', options, (request, reply) => {
    const { state, own } = dependencies
    const from = Math.max(Number(request.query.from ?? 1), state.floorOf(own))
    const lines = linesOf(dependencies, from)
    return reply.type('application/x-ndjson').send(Readable.from(lines, { objectMode: false }))
  })
}

async function* linesOf(dependencies: HttpDependencies, from: number): AsyncGenerator<string> {
  const { own, federation, name, clock, state, ledger } = dependencies
  const writer = ledger.writer()
  const { networkId } = federation
  const at = new Date(clock()).toISOString()
  yield `${writer.head({ peerId: peerNameOf(own), networkId, name, from, at })}\n`
  // What comes meanwhile is in the next one.
  const to = state.heads.get(own)?.seq ?? 0
  const last = state.stopped?.n ?? 0
  for await (const row of sentRows(dependencies, from, to)) yield `${sentLine(writer, row)}\n`
  for (let n = 1; n <= last; n += PAGE_ROWS) {
    const rows = await ledger.stopped(n, Math.min(PAGE_ROWS, last - n + 1))
    yield rows.map((row) => `${writer.stopped(row)}\n`).join('')
  }
  yield `${writer.end()}\n`
}

interface SentRow {
  readonly row: LogRow
  readonly envelope: Envelope
  readonly runs: readonly SpokenRun[]
}

async function* sentRows(
  { own, readLog, ledger }: HttpDependencies,
  from: number,
  to: number,
): AsyncGenerator<SentRow> {
  for (let seq = from; seq <= to;) {
    const rows = await readLog(own, seq, to, PAGE_BYTES)
    if (rows.length === 0) throw new Problem('store-failed', `own log, at ${seq}`)
    const spoken = await ledger.spoken(seq, rows.length)
    const runs = new Map(spoken.map((one) => [one.seq, one.runs]))
    for (const row of rows) {
      const opened = openParts(row.header, row.signature, row.payload)
      if (!opened.ok) throw new Problem('store-failed', `own log, at ${seq}`)
      yield { row, envelope: opened.value, runs: runs.get(seq) ?? [] }
      seq++
    }
  }
}

function sentLine(writer: LedgerWriter, { row, envelope, runs }: SentRow): string {
  const { seq, id, time, statements, payloadBytes, payload } = envelope
  const about = {
    time: new Date(time).toISOString(),
    tlp: payload === null ? null : strictest(statements as readonly Statement[]),
    says: payload === null ? 'gone' : counted(statements as readonly Statement[]),
    by: runs.map(({ token, count, approver, basis }) => {
      return { token, statements: count, approver: approver ?? null, legalBasis: basis ?? null }
    }),
  }
  const { header, signature } = row
  return writer.sent({ seq, id, header, signature, about }, wireBytes(header, payloadBytes))
}

/** The label that binds the whole envelope; null where nothing in it bears one. */
function strictest(statements: readonly Statement[]): string | null {
  const codes = statements.flatMap((one) => (one.kind === 'report' ? [one.tlp] : []))
  return codes.length === 0 ? null : (TLP.name(Math.min(...codes)) ?? null)
}

/** Statements by kind and type: no values. */
function counted(statements: readonly Statement[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { kind, type } of statements) {
    const name = `${kind} ${typeOf(type).name}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
