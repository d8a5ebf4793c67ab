/**
 * Everything live, as rows to read elsewhere: one per live claim, streamed as fast as it is read.
 * TLP:RED and AMBER+STRICT never leave, nor does what is guarded: a network leaves in pieces around
 * what it must not name. `member` says whose claim it is, and keeps an export from
 * being taken for reports of one's own: a reports request has no such field.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Readable } from 'node:stream'
import { Type } from 'typebox'
import type { Claim } from '../core/claims.js'
import { ACTION, BUCKET, CATEGORY, LABEL, PAP, TLP } from '../core/codes.js'
import { typeOf, typesNamed, type Indicator } from '../core/indicator.js'
import { leaving } from '../lookup/leaving.js'
import { liveKeys } from '../lookup/listing.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const FORMATS = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  text: 'text/plain; charset=utf-8',
} as const
type Format = keyof typeof FORMATS

const COLUMNS = [
  'type',
  'value',
  'confidence',
  'action',
  'validUntil',
  'category',
  'campaign',
  'tlp',
  'pap',
  'evidence',
  'firstHand',
  'labels',
  'member',
] as const
type Row = Readonly<Record<(typeof COLUMNS)[number], unknown>>

const PIECE_CHARS = 64 * 1024

const Query = object({ format: Type.Optional(Type.String()), type: Type.Optional(Type.String()) })

export function exportRoutes(app: App, dependencies: HttpDependencies): void {
  const config = { role: 'operator' } as const
  app.get('/v1/export', { config, schema: { querystring: Query } }, (request, reply) => {
    const { format = 'ndjson', type } = request.query
    if (!isFormat(format)) throw new Problem('format-unknown', Object.keys(FORMATS).join(' '))
    const only = type === undefined ? undefined : typesNamed(type).map(({ code }) => code)
    if (only?.length === 0) throw new Problem('type-unknown')
    const lines = linesOf(dependencies, format, only)
    return reply.type(FORMATS[format]).send(Readable.from(pieces(lines), { objectMode: false }))
  })
}

function isFormat(name: string): name is Format {
  return Object.hasOwn(FORMATS, name)
}

/** Lines gathered into pieces worth a write; others get their turn between two of them. */
async function* pieces(lines: Iterable<string>): AsyncGenerator<Buffer> {
  let piece = ''
  for (const line of lines) {
    piece += `${line}\n`
    if (piece.length < PIECE_CHARS) continue
    yield Buffer.from(piece)
    piece = ''
    await nextTurn()
  }
  if (piece !== '') yield Buffer.from(piece)
}

function* linesOf(
  { state, name, lookup, clock }: HttpDependencies,
  format: Format,
  types: readonly number[] | undefined,
): Generator<string> {
  if (format === 'csv') yield COLUMNS.join(',')
  const memberOf = ({ envelope }: Claim) => state.roster.memberOf(envelope.author)?.name ?? name
  const now = clock()
  const { guards, policy } = lookup()
  for (const { indicator, claims } of liveKeys(state, now)) {
    if (types?.includes(indicator.type) === false) continue
    const marked = claims.filter(({ report }) => policy.tlp[TLP.name(report.tlp)!].export)
    if (marked.length === 0) continue
    for (const key of leaving(guards, indicator, now)) {
      if (format === 'text') yield key.value
      else for (const claim of marked) yield lineOf(format, key, claim, memberOf(claim))
    }
  }
}

function lineOf(format: Format, key: Indicator, claim: Claim, member: string): string {
  const row = rowOf(key, claim, member)
  return format === 'csv' ? csvLine(row) : JSON.stringify(row)
}

/** A report item's fields by their names, of the part of its key that leaves. */
function rowOf({ type, value }: Indicator, { report }: Claim, member: string): Row {
  return {
    type: typeOf(type).name,
    value,
    confidence: report.confidence,
    action: ACTION.name(report.action),
    validUntil: new Date(report.until).toISOString(),
    category: CATEGORY.name(report.category),
    campaign: report.campaign ?? undefined,
    tlp: TLP.name(report.tlp),
    pap: PAP.name(report.pap),
    evidence: BUCKET.name(report.evidence),
    firstHand: report.firstHand,
    labels: report.labels.map((label) => LABEL.name(label)!),
    member,
  }
}

/** RFC 4180; labels separated by `;`, as report files have them. */
function csvLine(row: Row): string {
  return COLUMNS.map((column) => {
    const value = row[column]
    const text = Array.isArray(value) ? value.join(';') : String(value ?? '')
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }).join(',')
}
