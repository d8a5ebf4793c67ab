/**
 * Look-ups: one by address line, up to a thousand in a body. A value that cannot be judged is an
 * error with its code and never a verdict: nothing in its answer can be read as `allow`.
 */
import { Type } from 'typebox'
import { typeByName, type Question } from '../core/indicator.js'
import { isHashed, type ReadValue } from '../core/key-ring.js'
import { LIMITS } from '../core/limits.js'
import { enforceable, findingOn, toVerdict, type Lookup, type Verdict } from '../lookup/verdict.js'
import type { HttpDependencies, Noted } from './dependencies.js'
import { bodyOf, Problem, valueOr, type ProblemBody } from './problems.js'
import { object, type App } from './shape.js'

const View = Type.Optional(Type.Enum(['full', 'action']))
const Asked = object({ type: Type.String(), value: Type.String() })
const Query = object({ type: Type.String(), value: Type.String(), view: View })
// Bounded by hand: a list that is too long has a code of its own.
const Questions = object({ items: Type.Array(Asked) })

/** An action and when it could first weaken: all that a gateway in a hurry reads. */
type Brief = Pick<Verdict, 'action' | 'expiresAt'>

type Answering = Pick<HttpDependencies, 'lookup' | 'read' | 'clock' | 'noted'>

/** One moment of looking up. */
interface Asking {
  readonly at: Lookup
  readonly read: ReadValue
  readonly now: number
  readonly noted: Noted | undefined
}

export function checkRoutes(app: App, dependencies: Answering): void {
  const { lookup, read, clock, noted } = dependencies
  const config = { role: 'gateway' } as const

  app.get('/v1/check', { config, schema: { querystring: Query } }, (request) => {
    const { type, value, view } = request.query
    refuseRaw(type, value)
    const indicator = valueOr(read(type, value))
    return answerOn({ at: lookup(), read, now: clock(), noted }, indicator, view)
  })

  const schema = { querystring: object({ view: View }), body: Questions }
  app.post('/v1/check', { config, schema }, (request) => {
    const { items } = request.body
    if (items.length > LIMITS.requestItemsMax) throw new Problem('items-too-many')
    const [at, now] = [lookup(), clock()]
    const asking = { at, read, now, noted }
    const verdicts = items.map((item) => answer(asking, item, request.query.view))
    const first = verdicts[0]
    if (first !== undefined && verdicts.every(isProblem) && isProblem(first)) {
      throw new Problem(first.code as Problem['code'], first.detail, { verdicts })
    }
    return { verdicts }
  })
}

/** Addresses land in logs: of a keyed value they may hold the hash, and never the value. */
export function refuseRaw(type: string, value: string): void {
  if (typeByName(type)?.privacy === 'keyed' && !isHashed(value)) throw new Problem('use-post')
}

/** The verdict on one item of many, or in its place the problem with it. */
function answer(
  asking: Asking,
  item: { readonly type: string; readonly value: string },
  view: string | undefined,
): Verdict | Brief | ProblemBody {
  const indicator = asking.read(item.type, item.value)
  if (!indicator.ok) return bodyOf(indicator.code, indicator.detail)
  return answerOn(asking, indicator.value, view)
}

function answerOn(
  { at, now, noted }: Asking,
  indicator: Question,
  view: string | undefined,
): Verdict | Brief {
  const finding = findingOn(at, indicator, now)
  noted?.(finding, now)
  if (view !== 'action') return toVerdict(at, finding, now)
  const { action, endsMs } = finding
  return {
    action: enforceable(at, action),
    ...(endsMs === Infinity ? {} : { expiresAt: new Date(endsMs).toISOString() }),
  }
}

function isProblem(answered: Verdict | Brief | ProblemBody): answered is ProblemBody {
  return 'code' in answered
}
