/**
 * Look-ups: one by address line, up to a thousand in a body. A value that cannot be judged is an
 * error with its code and never a verdict: nothing in its answer can be read as `allow`.
 */
import { Type } from 'typebox'
import { typeByName, type Question } from '../core/indicator.js'
import { isHashed, type ReadValue } from '../core/key-ring.js'
import { LIMITS } from '../core/limits.js'
import { AskedKeys } from '../lookup/asked-keys.js'
import { findingOn, toVerdict, type Verdict } from '../lookup/verdict.js'
import { briefsOn } from './briefs.js'
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

/** An object, or JSON that is there already. */
type Answered = Verdict | string

/** One moment of answering. */
interface Moment {
  readonly read: ReadValue
  readonly answer: (questions: readonly Question[]) => readonly Answered[]
}

export function checkRoutes(app: App, dependencies: Answering): void {
  const config = { role: 'gateway' } as const

  app.get('/v1/check', { config, schema: { querystring: Query } }, (request, reply) => {
    const { type, value, view } = request.query
    refuseRaw(type, value)
    const { read, answer } = answering(dependencies, view)
    const [answered] = answer([valueOr(read(type, value))])
    if (typeof answered === 'string') void reply.type(JSON_TYPE)
    return reply.send(answered)
  })

  const schema = { querystring: object({ view: View }), body: Questions }
  app.post('/v1/check', { config, schema }, (request, reply) => {
    const { items } = request.body
    if (items.length > LIMITS.requestItemsMax) throw new Problem('items-too-many')
    const { read, answer } = answering(dependencies, request.query.view)
    const asked = items.map(({ type, value }) => read(type, value))
    const answered = answer(asked.flatMap((one) => (one.ok ? [one.value] : [])))
    let next = 0
    const verdicts = asked.map((one) => {
      return one.ok ? answered[next++]! : bodyOf(one.code, one.detail)
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
  if (view === 'action') {
    return {
      read: (type, value) => quick().read(type, value),
      answer: (questions) => briefsOn(dependencies, AskedKeys.of(questions)),
    }
  }
  const now = clock()
  const at = lookup()
  const answer = (question: Question) => {
    const finding = findingOn(at, question, now)
    noted?.(finding, now)
    return toVerdict(at, finding, now)
  }
  return { read, answer: (questions) => questions.map(answer) }
}

function jsonOf(answered: Verdict | ProblemBody | string): string {
  return typeof answered === 'string' ? answered : JSON.stringify(answered)
}

function isProblem(answered: Verdict | ProblemBody | string): answered is ProblemBody {
  return typeof answered !== 'string' && 'code' in answered
}
