/**
 * Shapes of requests, and what is wrong with one in words. Shapes are closed: a field they do not
 * name is an error, so that nothing is taken for understood that was not. What a value means is
 * judged in `core/`.
 */
import type {
  FastifyInstance,
  FastifyTypeProvider,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
  FastifyBaseLogger,
} from 'fastify'
import { Type, type Static, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Problem } from './problems.js'

const Text = Type.String()
const closed = { additionalProperties: false }

export const ReportShape = Type.Object(
  {
    type: Text,
    value: Text,
    confidence: Type.Optional(Type.Number()),
    action: Type.Optional(Text),
    ttl: Type.Optional(Text),
    validUntil: Type.Optional(Text),
    category: Type.Optional(Text),
    campaign: Type.Optional(Text),
    tlp: Type.Optional(Text),
    pap: Type.Optional(Text),
    evidence: Type.Optional(Text),
    firstHand: Type.Optional(Type.Boolean()),
    labels: Type.Optional(Type.Array(Text)),
    force: Type.Optional(Text),
  },
  closed,
)

export const RevocationShape = Type.Object({ type: Text, value: Text, reason: Text }, closed)

export const SightingShape = Type.Object(
  { type: Text, value: Text, count: Type.Optional(Text), seen: Type.Optional(Text) },
  closed,
)

export const DisputeShape = Type.Object(
  { type: Text, value: Text, reason: Text, member: Type.Optional(Text) },
  closed,
)

export function object<Properties extends Record<string, TSchema>>(properties: Properties) {
  return Type.Object(properties, closed)
}

/** Lets routes read what their schemas say, typed. */
export interface ShapeProvider extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  serializer: unknown
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ShapeProvider
>

interface Fault {
  readonly keyword: string
  readonly instancePath: string
  readonly message: string
  readonly params: object
}

/** The first fault in words. Names fields of the shape, never what was sent. */
function wordsOf(faults: readonly Fault[]): string {
  const fault =
    faults.find(({ keyword }) => keyword === 'additionalProperties') ??
    faults.find(({ keyword }) => keyword !== 'boolean')
  if (fault === undefined) return 'not of the expected shape'
  const { keyword, params, message } = fault
  const place = fault.instancePath.slice(1).replaceAll('/', '.')
  const where = place === '' ? 'it' : place
  if (keyword === 'additionalProperties') return `${where} has a field that is not known here`
  const { allowedValues, requiredProperties } = params as Record<string, string[] | undefined>
  if (keyword === 'enum' && allowedValues !== undefined) {
    return `${where} must be one of ${allowedValues.join(' ')}`
  }
  if (keyword === 'required' && requiredProperties !== undefined) {
    return `${where} needs ${requiredProperties.join(', ')}`
  }
  return `${where} ${message}`
}

/** A check of one shape: undefined where the value fits, else what is wrong. */
export function checkOf<Shape extends TSchema>(shape: Shape) {
  const validator = Compile(shape)
  return {
    fits: (value: unknown): value is Static<Shape> => validator.Check(value),
    wrong: (value: unknown): string => wordsOf(validator.Errors(value) as Fault[]),
  }
}

/** For fastify: nothing is coerced, filled in or dropped. */
export function validatorCompiler(route: { schema: unknown; httpPart?: string }) {
  const check = checkOf(route.schema as TSchema)
  const part = route.httpPart === 'querystring' ? 'query' : (route.httpPart ?? 'body')
  return (value: unknown) =>
    check.fits(value)
      ? { value }
      : { error: new Problem('request-malformed', `${part}: ${check.wrong(value)}`) }
}
