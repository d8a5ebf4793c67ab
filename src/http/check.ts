/**
 * Look-ups: one by address line, up to a thousand in a body. A value that cannot be judged is an
 * error with its code and never a verdict: nothing in its answer can be read as `allow`.
 */
import { Type } from 'typebox'
import { typeByName, type Question } from '../core/indicator.js'
import { isHashed, type ReadValue } from '../core/key-ring.js'
import { LIMITS } from '../core/limits.js'
import type { LookedUp } from '../lookup/look-ups.js'
import type { QuickAnswers } from '../lookup/quick-answers.js'
import { enforceable, findingOn, toVerdict, type Verdict } from '../lookup/verdict.js'
import type { HttpDependencies } from './dependencies.js'
import { bodyOf, Problem, valueOr, type ProblemBody } from './problems.js'
import { object, type App } from './shape.js'

export const JSON_TYPE = 'application/json; charset=utf-8'
const View = Type.Optional(Type.Enum(['full', 'action']))
const Asked = object({ type: Type.String(), value: Type.String() })
const Query = object({ type: Type.String(), value: Type.String(), view: View })
// Bounded by hand: a list that is too long has a code of its own.
const Questions = object({ items: Type.Array(Asked) })

/** What look-ups are answered from. */
export type Answering = Pick<HttpDependencies, 'lookup' | 'quick' | 'read' | 'clock' | 'noted'>

/** One moment of answering. */
interface Moment {
  readonly read: ReadValue
  /** An object, or JSON that is there already. */
  readonly answer: (question: Question) => Verdict | string
}

export function checkRoutes(app: App, dependencies: Answering): void {
  const config = { role: 'gateway' } as const

  app.get('/v1/check', { config, schema: { querystring: Query } }, (request, reply) => {
    const { type, value, view } = request.query
    refuseRaw(type, value)
    const { read, answer } = answering(dependencies, view)
    const answered = answer(valueOr(read(type, value)))
    if (typeof answered === 'string') void reply.type(JSON_TYPE)
    return reply.send(answered)
  })

  const schema = { querystring: object({ view: View }), body: Questions }
  app.post('/v1/check', { config, schema }, (request, reply) => {
    const { items } = request.body
    if (items.length > LIMITS.requestItemsMax) throw new Problem('items-too-many')
    const { read, answer } = answering(dependencies, request.query.view)
    const verdicts = items.map((item) => {
      const question = read(item.type, item.value)
      return question.ok ? answer(question.value) : bodyOf(question.code, question.detail)
    })
    const first = verdicts[0]
    if (first !== undefined && verdicts.every(isProblem) && isProblem(first)) {
      throw new Problem(first.code as Problem['code'], first.detail, { verdicts })
    }
    return reply.type(JSON_TYPE).send(`{"verdicts":[${verdicts.map(jsonOf).join()}]}`)
  })
}

/** Addresses land in logs: of a keyed value they may hold the hash, and never the value. */
export function refuseRaw(type: string, value: string): void {
  if (typeByName(type)?.privacy === 'keyed' && !isHashed(value)) throw new Problem('use-post')
}

function answering(dependencies: Answering, view: string | undefined): Moment {
  const { lookup, quick, read, clock, noted } = dependencies
  const now = clock()
  if (view === 'action') {
    const answers = quick()
    return {
      read: (type, value) => answers.read(type, value),
      answer: (question) => briefOn(answers, question, now, dependencies),
    }
  }
  const at = lookup()
  const answer = (question: Question) => {
    const finding = findingOn(at, question, now)
    noted?.(finding, now)
    return toVerdict(at, finding, now)
  }
  return { read, answer }
}

/** An action and when it could first weaken: all that a gateway in a hurry reads. */
export function briefOn(
  quick: QuickAnswers,
  indicator: Question,
  now: number,
  { lookup, noted }: Pick<Answering, 'lookup' | 'noted'>,
): string {
  const { action, endsMs } = quick.on(indicator, now)
  noted?.(new Brief(indicator, action, lookup, now), now)
  const enforced = enforceable({ paused: quick.isPaused(now) }, action)
  if (endsMs === Infinity) return `{"action":"${enforced}"}`
  return `{"action":"${enforced}","expiresAt":"${isoOf(endsMs)}"}`
}

/** What was answered; which keys had something to say is worked out only for who asks. */
class Brief implements LookedUp {
  constructor(
    readonly indicator: Question,
    readonly action: LookedUp['action'],
    readonly lookup: Answering['lookup'],
    readonly now: number,
  ) {}

  get attributes(): LookedUp['attributes'] {
    return findingOn(this.lookup(), this.indicator, this.now).attributes
  }
}

/** What is reported together ends together, and a date costs as much as a look-up. */
const isoTexts = new Map<number, string>()
const ISO_TEXTS_MAX = 1_024

function isoOf(ms: number): string {
  let text = isoTexts.get(ms)
  if (text === undefined) {
    if (isoTexts.size >= ISO_TEXTS_MAX) isoTexts.clear()
    isoTexts.set(ms, (text = new Date(ms).toISOString()))
  }
  return text
}

function jsonOf(answered: Verdict | ProblemBody | string): string {
  return typeof answered === 'string' ? answered : JSON.stringify(answered)
}

function isProblem(answered: Verdict | ProblemBody | string): answered is ProblemBody {
  return typeof answered !== 'string' && 'code' in answered
}
