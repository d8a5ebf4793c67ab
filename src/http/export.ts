/**
 * Everything live, as rows to read elsewhere: one per live claim, streamed as fast as it is read.
 * TLP:RED and AMBER+STRICT never leave, nor does what is guarded: a network leaves in pieces around
 * what it must not name. `member` says whose claim it is, and keeps an export from
 * being taken for reports of one's own: a reports request has no such field.
 */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Claim } from '../core/claims.js'
import { ACTION, BUCKET, CATEGORY, LABEL, PAP, TLP } from '../core/codes.js'
import type { AuthorId } from '../core/identity.js'
import { indicatorOf, typeOf, typesNamed, type Indicator } from '../core/indicator.js'
import { sharedOn } from '../lookup/shared.js'
import type { HttpDependencies } from './dependencies.js'
import { mispEvents, stixBundle, unexpressed } from './export-documents.js'
import { piecesOf } from './pieces.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

const FORMATS = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  stix: 'application/stix+json;version=2.1',
  misp: 'application/json; charset=utf-8',
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

const Query = object({ format: Type.Optional(Type.String()), type: Type.Optional(Type.String()) })

export function exportRoutes(app: App, dependencies: HttpDependencies): void {
  const config = { role: 'operator' } as const
  app.get('/v1/export', { config, schema: { querystring: Query } }, async (request, reply) => {
    const { format = 'ndjson', type } = request.query
    if (!isFormat(format)) throw new Problem('format-unknown', Object.keys(FORMATS).join(' '))
    const only = type === undefined ? undefined : typesNamed(type).map(({ code }) => code)
    if (only?.length === 0) throw new Problem('type-unknown')
    const wish = { types: only, tlp: request.tlp }
    void reply.type(FORMATS[format])
    const lines =
      format === 'stix' || format === 'misp'
        ? await documentOf(dependencies, format, wish, reply)
        : linesOf(dependencies, format, wish)
    return reply.send(Readable.from(piecesOf(lines), { objectMode: false }))
  })
}

function isFormat(name: string): name is Format {
  return Object.hasOwn(FORMATS, name)
}

interface Wish {
  readonly types: readonly number[] | undefined
  /** Code of the strictest marking that the caller may take. */
  readonly tlp: number
}

/** What the format has no words for is counted beside it, by type or kind of statement. */
async function documentOf(
  { catalogue, own, name, state }: HttpDependencies,
  format: 'stix' | 'misp',
  wish: Wish,
  reply: FastifyReply,
): Promise<AsyncGenerator<string>> {
  const memberOf = (author: AuthorId) => state.organisationOf(author) ?? name
  const store = await catalogue.whole()
  const left = await unexpressed(store, state, format, wish)
  void reply.header('x-tocsin-not-expressed', left.map(([what, n]) => `${what}=${n}`).join(', '))
  return format === 'stix'
    ? stixBundle(store, wish)
    : mispEvents(store, wish, { own, name, memberOf })
}

function* linesOf(
  { state, name, lookup, clock }: HttpDependencies,
  format: 'ndjson' | 'csv' | 'text',
  { types, tlp }: Wish,
): Generator<string> {
  if (format === 'csv') yield COLUMNS.join(',')
  const memberOf = ({ envelope }: Claim) => state.roster.memberOf(envelope.author)?.name ?? name
  const now = clock()
  const at = lookup()
  for (const [key, said] of state.claims.entries()) {
    const indicator = indicatorOf(key)
    if (types?.includes(indicator.type) === false) continue
    const shared = sharedOn(at, indicator, now, said)
    const claims = (shared?.claims ?? []).filter(({ report }) => report.tlp >= tlp)
    if (claims.length === 0) continue
    for (const value of shared!.values) {
      if (format === 'text') yield value.value
      else for (const claim of claims) yield lineOf(format, value, claim, memberOf(claim))
    }
  }
}

function lineOf(format: 'ndjson' | 'csv', key: Indicator, claim: Claim, member: string): string {
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
