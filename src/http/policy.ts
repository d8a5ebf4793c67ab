/**
 * The policy in force, changing it, and trying another one on everything live before anything
 * changes. A policy comes as YAML, as it is or in `{text}`.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import { typesNamed } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { FlipWalk } from '../lookup/flips.js'
import { sampleFlips } from '../lookup/sample-flips.js'
import type { Policies, Shadowed } from '../policy/policies.js'
import { unknownMembers, type PolicyReading } from '../policy/policy-file.js'
import type { PolicyNote } from '../policy/reading.js'
import { policyHash, type Policy } from '../policy/rules.js'
import type { HttpDependencies } from './dependencies.js'
import { sampleShown } from './explain.js'
import { Problem } from './problems.js'
import { checkOf, object, type App } from './shape.js'
import { tryOut } from './try-out.js'
import { Turns } from './turns.js'

const YAML = ['text/yaml', 'application/yaml', 'application/x-yaml', 'text/x-yaml']
/** The look-ups of so long; there are no others. */
const Against = object({ against: Type.Optional(Type.Literal('24h')) })
/** What is to act and no longer be in shadow. */
const Enforcing = object({
  all: Type.Optional(Type.Literal(true)),
  member: Type.Optional(Type.String()),
  type: Type.Optional(Type.String()),
})
const Body = checkOf(object({ text: Type.String() }))

export function policyRoutes(app: App, dependencies: HttpDependencies): void {
  const { policies, state, lookup, clock } = dependencies
  const config = { role: 'operator' } as const
  const trials = new Turns()

  app.get('/v1/policy', { config }, () => show(dependencies))

  enforcingRoute(app, dependencies)

  // YAML is read here alone.
  void app.register((scope, _options, done) => {
    scope.addContentTypeParser(YAML, { parseAs: 'string' }, (_request, text, parsed) =>
      parsed(null, { text }),
    )
    scope.put('/v1/policy', { config }, async (request) => {
      const text = textOf(request)
      readOf(policies, text)
      const before = policyHash(policies.inForce().policy)
      const applied = await policies.apply(text)
      if (!applied.ok) throw new Problem(applied.code, policies.inForce().path)
      return { changed: policyHash(policies.inForce().policy) !== before, ...show(dependencies) }
    })
    const schema = { querystring: Against }
    scope.post('/v1/policy/test', { config, schema }, (request) => {
      const { policy, warnings } = readOf(policies, textOf(request))
      request.socket.setTimeout(0)
      // One after another: each costs as much as a flood of look-ups.
      return trials.take(async () => ({
        hash: policyHash(policy),
        against: policyHash(policies.inForce().policy),
        warnings: [...warnings, ...unknownMembers(policy, namesIn(state))],
        ...(await tryOut(new FlipWalk(lookup(), lookup(policy), clock()), request)),
        ...(isAgainst(request) && { sample: await trySample(dependencies, policy, request) }),
      }))
    })
    done()
  })
}

function enforcingRoute(app: App, { policies }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  // Only the text: what it would turn is asked of `test`, and it comes into force by PUT.
  const enforcing = { config, schema: { body: Enforcing } }
  app.post('/v1/policy/enforcing', enforcing, ({ body: { all, member, type } }) => {
    const named = type === undefined ? [] : typesNamed(type)
    if (type !== undefined && named.length === 0) throw new Problem('type-unknown')
    const names = named.flatMap((one) => [one.name, one.short])
    const whats: Shadowed[] = [
      ...(all === true ? [{ all } as const] : []),
      ...(member === undefined ? [] : [{ member }]),
      ...(names.length === 0 ? [] : [{ type: names }]),
    ]
    let { text } = policies.inForce()
    for (const what of whats) text = policies.withoutShadow(text, what) || text
    return { text, changed: text !== policies.inForce().text }
  })
}

function isAgainst({ query }: FastifyRequest): boolean {
  return (query as Static<typeof Against>).against !== undefined
}

function show({ policies, state }: HttpDependencies) {
  const { policy, text, sinceMs, source, path, warnings } = policies.inForce()
  return {
    hash: policyHash(policy),
    since: new Date(sinceMs).toISOString(),
    source,
    path,
    warnings: [...warnings, ...unknownMembers(policy, namesIn(state))],
    errors: policies.errors(),
    text,
  }
}

function namesIn({ roster }: HttpDependencies['state']): ReadonlySet<string> {
  return new Set(roster.members.map(({ name }) => name))
}

function textOf({ body }: FastifyRequest): string {
  if (Body.fits(body)) return body.text
  throw new Problem('request-malformed', `body: ${Body.wrong(body)}`)
}

function readOf(
  policies: Policies,
  text: string,
): Exclude<PolicyReading, { readonly errors: readonly PolicyNote[] }> {
  const reading = policies.read(text)
  if ('policy' in reading) return reading
  const { errors } = reading
  throw new Problem('policy-invalid', `${errors[0].key}: ${errors[0].message}`, { errors })
}

/** The same of what was looked up here in the last day, as far as the sample tells. */
async function trySample(
  { lookup, lookUps, clock }: HttpDependencies,
  policy: Policy,
  request: FastifyRequest,
) {
  const walk = sampleFlips(lookUps, lookup(), lookup(policy), clock())
  for (let i = 1; ; i++) {
    const step = walk.next()
    if (step.done === true) return { ...step.value, of: sampleShown(lookUps) }
    if (request.socket.destroyed) throw new Problem('stopping')
    if (i % LIMITS.policyTestPageKeys === 0) await nextTurn()
  }
}
