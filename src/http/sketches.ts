/**
 * A campaign's frame, to be told as a sketch: its shingles come in, their hashes under the newest
 * epoch key go out. What ordinary prompts have, too, is left out here again, whoever made it.
 */
import { Type } from 'typebox'
import { failed } from '../core/outcome.js'
import type { ReportItem } from '../core/ports.js'
import { sketchOf } from '../core/sketch.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem, valueOr } from './problems.js'
import { optionsOf } from './reports.js'
import { Results } from './results.js'
import { object, ReportShape, type App } from './shape.js'

/** Of the tokens of one prompt that are looked at. */
const SHINGLES_MAX = 4_096
const Shingle = Type.String({ pattern: '^(?:2( \\S+){2}|3( \\S+){3})$', maxLength: 400 })
const Body = object({
  ...Type.Omit(ReportShape, ['type', 'value']).properties,
  shingles: Type.Array(Shingle, { maxItems: SHINGLES_MAX }),
})

type Asked = Omit<ReportItem, 'type' | 'value'> & { readonly shingles: readonly string[] }

export function sketchRoutes(app: App, { voice, prompts, keyRing }: HttpDependencies): void {
  const config = { role: 'detector' } as const
  app.post('/v1/sketches', { config, schema: { body: Body } }, async (request, reply) => {
    const { shingles, ...report } = request.body as Asked
    const [hasher] = keyRing().hashers
    if (hasher === undefined) return valueOr(failed('type-off'))
    const value = sketchOf(prompts.specific(shingles), hasher)
    if (value === undefined) return valueOr(failed('not-specific'))
    const item = { ...report, type: 'query.sketch', value: `keyed:${value}` }
    const [result] = await voice.report([item], optionsOf(request))
    if (result!.status === 'refused') throw new Problem(result!.code!, result!.detail)
    const results = new Results()
    results.add(0, result!)
    return reply.code(results.status).send(results.body())
  })
}
