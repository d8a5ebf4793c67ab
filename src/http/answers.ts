/**
 * Shapes of the answers that gateways and the abuse pipeline read, for `/openapi.json`. They are
 * open: a later version may add fields. That they are true is a test's matter, not a serializer's:
 * one that dropped a field it was not told of would lose a reason without a word.
 */
import { Type, type TProperties, type TSchema } from 'typebox'
import { ACTION } from '../core/codes.js'
import { FRESHNESS } from '../core/mark.js'

const Text = Type.String()
const Time = Type.String({ format: 'date-time' })
const Action = Type.Enum([...ACTION.names])
const Whole = Type.Integer({ minimum: 0 })

function open<Properties extends TProperties>(properties: Properties) {
  return Type.Object(properties)
}

const Reason = open({
  type: Text,
  value: Text,
  member: Text,
  author: Text,
  action: Action,
  confidence: Type.Number({ minimum: 0, maximum: 100 }),
  firstHand: Type.Boolean(),
  category: Text,
  campaign: Type.Optional(Text),
  validUntil: Time,
  envelope: Text,
  held: Type.Optional(Text),
})

const ofAnyVerdict = {
  action: Action,
  score: Type.Number({ minimum: 0, maximum: 1 }),
  freshness: Type.Enum([...FRESHNESS]),
  asOf: Time,
  expiresAt: Type.Optional(Time),
  decisionId: Text,
  shadow: Type.Boolean(),
  wouldBe: Type.Optional(Action),
  guard: Type.Optional(Text),
  paused: Type.Optional(Type.Literal(true)),
  policy: Text,
}

const Verdict = open({ type: Text, value: Text, ...ofAnyVerdict, reasons: Type.Array(Reason) })
const Brief = open({ action: Action, expiresAt: Type.Optional(Time) })
const Fault = open({
  ...{ type: Text, title: Text, code: Text, detail: Type.Optional(Text) },
  status: Type.Integer(),
})
const Item = open({
  index: Whole,
  status: Type.Enum(['accepted', 'duplicate', 'refused']),
  type: Type.Optional(Text),
  value: Type.Optional(Text),
  envelope: Type.Optional(Text),
  code: Type.Optional(Text),
  detail: Type.Optional(Text),
})
const Results = open({
  accepted: Whole,
  duplicate: Whole,
  refused: Whole,
  results: Type.Array(Item),
  omitted: Type.Optional(Whole),
})

/** By method and path. */
export const ANSWERS: Readonly<Record<string, TSchema>> = {
  'GET /v1/check': Type.Union([Verdict, Brief]),
  'POST /v1/check': open({ verdicts: Type.Array(Type.Union([Verdict, Brief, Fault])) }),
  'POST /v1/check/request': open({
    ...ofAnyVerdict,
    joint: Type.Boolean(),
    attributes: Type.Array(Verdict),
  }),
  'POST /v1/reports': Results,
  'POST /v1/revocations': Results,
  'POST /v1/sightings': Results,
  'POST /v1/disputes': Results,
}
