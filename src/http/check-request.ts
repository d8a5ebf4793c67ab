/**
 * One verdict on one API request: on all its attributes, its account and its prompt together. A
 * prompt is sketched in memory, and neither kept, logged nor sent; who does not want to hand it
 * over sends the hashes of its shingles instead.
 */
import { Type } from 'typebox'
import { failed } from '../core/outcome.js'
import { LIMITS } from '../core/limits.js'
import type { Question } from '../core/indicator.js'
import type { Prompted } from '../lookup/prompts.js'
import type { Lookup } from '../lookup/verdict.js'
import { requestVerdictOn } from '../lookup/request-verdict.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem, valueOr } from './problems.js'
import { object, type App } from './shape.js'

const Attribute = object({ type: Type.String(), value: Type.String() })
const Hash = Type.String({ pattern: '^[0-9a-f]{16}$' })
const KeyId = Type.String({ pattern: '^[0-9a-f]{8}$' })
const Hashes = Type.Array(Hash, { maxItems: LIMITS.promptHashesMax })
const Body = object({
  attributes: Type.Optional(Type.Array(Attribute, { minItems: 1 })),
  account: Type.Optional(Type.String()),
  /** A text, or the messages of a conversation. */
  prompt: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String())])),
  sketch: Type.Optional(Type.Record(KeyId, Hashes, { additionalProperties: false })),
})

interface Asked {
  readonly attributes?: readonly { readonly type: string; readonly value: string }[]
  readonly account?: string
  readonly prompt?: string | readonly string[]
  readonly sketch?: Readonly<Record<string, readonly string[]>>
}

/** Answers as the node does, which counts for all its edges; undefined where it cannot be asked. */
export type Forward = (body: object) => Promise<object | undefined>

export interface RequestParts extends Pick<
  HttpDependencies,
  'lookup' | 'read' | 'prompts' | 'clock' | 'noted'
> {
  readonly forward?: Forward
}

/** An attribute that cannot be judged fails the whole. */
export function checkRequestRoute(app: App, parts: RequestParts): void {
  const config = { role: 'gateway' } as const
  const bodyLimit = LIMITS.guardrailBytesMax
  app.post('/v1/check/request', { config, bodyLimit, schema: { body: Body } }, async (request) => {
    const { lookup, prompts, clock, noted } = parts
    const asked = request.body as Asked
    const indicators = questionsOf(parts, asked)
    const prompted = promptedOf(asked)
    if (indicators.length === 0 && prompted === undefined) throw new Problem('nothing-asked')
    if (prompted !== undefined && !prompts.canRead) valueOr(failed('type-off'))
    const [at, now] = [lookup(), clock()]
    const answered = prompted && (await elsewhere(parts, asked, prompted, at))
    if (answered !== undefined) return answered
    const more = prompted === undefined ? [] : prompts.findings(at, prompted, now)
    return requestVerdictOn(at, indicators, now, noted, more)
  })
}

/** An edge that has met a campaign asks its node, with hashes in the place of the prompt. */
async function elsewhere(
  { forward, prompts }: RequestParts,
  { attributes, account }: Asked,
  prompted: Prompted,
  at: Lookup,
): Promise<object | undefined> {
  if (forward === undefined || account === undefined) return undefined
  const sketch = prompts.isMet(at, prompted) ? prompts.hashesFor(prompted) : undefined
  if (sketch === undefined) return undefined
  return forward({ account, sketch, ...(attributes === undefined ? {} : { attributes }) })
}

function questionsOf({ read }: RequestParts, { attributes = [], account }: Asked): Question[] {
  if (attributes.length > LIMITS.attributesMax) throw new Problem('items-too-many')
  const questions = attributes.map(({ type, value }, i) => {
    const question = read(type, value)
    if (question.ok) return question.value
    throw new Problem(question.code, question.detail, { index: i })
  })
  if (account === undefined) return questions
  const asked = read('actor.account', account)
  // It is counted by in any case; asked about where its type is on.
  if (!asked.ok && asked.code === 'type-off') return questions
  return [...questions, valueOr(asked)]
}

function promptedOf({ account, prompt, sketch }: Asked): Prompted | undefined {
  if (prompt === undefined && sketch === undefined) return undefined
  if (prompt !== undefined && sketch !== undefined) throw new Problem('prompt-or-sketch')
  return { account, hashes: sketch, messages: typeof prompt === 'string' ? [prompt] : prompt }
}
