/**
 * `POST /v1/import`: a document of another tool, read and said, or judged as if it were said. One
 * result for each item, by its place in the document; what could not be expressed is counted.
 */
import { Type, type Static } from 'typebox'
import { LIMITS } from '../core/limits.js'
import type { ItemResult, SayOptions, Voice } from '../core/ports.js'
import { DOCUMENTS, READERS } from '../exchange/documents.js'
import {
  ALREADY,
  IMPORT_KINDS,
  type ImportDefaults,
  type ImportItem,
  type ImportKind,
  type ImportReading,
} from '../exchange/import-item.js'
import type { HttpDependencies } from './dependencies.js'
import { optionsOf } from './reports.js'
import { object, type App } from './shape.js'

const Text = Type.Optional(Type.String())
const Query = object({
  format: Type.Enum([...DOCUMENTS]),
  dryRun: Type.Optional(Type.Enum(['yes'])),
  firstHand: Type.Optional(Type.Enum(['yes'])),
  confidence: Type.Optional(Type.String({ pattern: '^\\d{1,3}$' })),
  ...{ type: Text, action: Text, ttl: Text, category: Text, tlp: Text, pap: Text },
})

interface Result extends ItemResult {
  /** Number of the object in its document, from 1. */
  readonly place: number
  readonly kind: ImportKind | 'refusal'
  readonly clipped?: true
}

export function importRoutes(app: App, { voice, clock }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  const options = { config, schema: { querystring: Query }, bodyLimit: LIMITS.importBytesMax }
  void app.register((scope, _options, done) => {
    const types = ['application/stix+json', 'application/taxii+json']
    const parser = scope.getDefaultJsonParser('error', 'error')
    scope.addContentTypeParser(types, { parseAs: 'string' }, parser)
    scope.post('/v1/import', options, async (request, reply) => {
      const { format, dryRun, firstHand, confidence, ...rest } = request.query as Static<
        typeof Query
      >
      const defaults = {
        ...rest,
        ...(confidence === undefined ? {} : { confidence: Number(confidence) }),
        ...(firstHand === undefined ? {} : { firstHand: true }),
      }
      const reading = READERS[format](request.body, defaults as ImportDefaults, clock())
      const results = refusalsOf(reading)
      let chunk = 0
      for (const items of chunksOf(reading)) {
        const answers = await say(voice, items, {
          ...optionsOf(request, chunk++),
          sparesFirstHand: true,
        })
        answers.forEach((answer, i) => results.push(resultOf(items[i]!, answer)))
      }
      results.sort((a, b) => a.place - b.place)
      const body = bodyOf(results, reading)
      return reply.code(body.accepted > 0 && dryRun === undefined ? 201 : 200).send(body)
    })
    done()
  })
}

function refusalsOf({ entries }: ImportReading): Result[] {
  return entries.flatMap((entry) =>
    entry.kind === 'refusal' ? [{ ...entry, status: 'refused' as const }] : [],
  )
}

/** Items of one kind that are said together, reports first. */
function* chunksOf({ entries }: ImportReading): Generator<readonly ImportItem[]> {
  for (const kind of IMPORT_KINDS) {
    const items = entries.flatMap((entry) =>
      entry.kind !== 'refusal' && entry.kind === kind ? [entry] : [],
    )
    for (let from = 0; from < items.length; from += LIMITS.requestItemsMax) {
      yield items.slice(from, from + LIMITS.requestItemsMax)
    }
  }
}

function say(
  voice: Voice,
  items: readonly ImportItem[],
  options: SayOptions,
): Promise<readonly ItemResult[]> {
  const of = <Kind extends ImportKind>(kind: Kind) =>
    items.flatMap((entry) =>
      entry.kind === kind ? [entry.item as Extract<ImportItem, { kind: Kind }>['item']] : [],
    )
  switch (items[0]!.kind) {
    case 'report':
      return voice.report(of('report'), options)
    case 'sighting':
      return voice.sight(of('sighting'), options)
    case 'dispute':
      return voice.dispute(of('dispute'), options)
    case 'revocation':
      return voice.revoke(of('revocation'), options)
  }
}

function resultOf(item: ImportItem, answer: ItemResult): Result {
  const { place, kind } = item
  const isAlready = answer.code !== undefined && ALREADY.includes(answer.code)
  const clipped = item.kind === 'report' && item.clipped === true ? { clipped: true as const } : {}
  return { place, kind, ...answer, ...clipped, ...(isAlready && { status: 'duplicate' }) }
}

function bodyOf(results: readonly Result[], { unexpressed }: ImportReading) {
  const count = (isOne: (result: Result) => boolean) => results.filter(isOne).length
  const isGuarded = ({ code }: Result) => code === 'guarded'
  return {
    accepted: count(({ status }) => status === 'accepted'),
    duplicate: count(({ status }) => status === 'duplicate'),
    guarded: count(isGuarded),
    refused: count((one) => one.status === 'refused' && !isGuarded(one)),
    clipped: count((one) => one.clipped === true),
    notExpressed: Object.fromEntries(unexpressed),
    results,
  }
}
