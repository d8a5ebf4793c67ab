/**
 * Revocations by selection: `{select: {since?, token?, campaign?, type?}, reason, dryRun?}`.
 * Counted first (`dryRun` ends there), then taken back, a bounded number a request: `left` says how
 * many remain, and the same request again goes on with them. Needs no idempotency key for that
 * reason.
 */
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import { REVOCATION_REASON } from '../core/codes.js'
import type { ManyOptions, SelectedRevocation } from '../core/ports.js'
import { selectionOf } from '../core/selection.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem, valueOr } from './problems.js'
import { checkOf, object } from './shape.js'

const Text = Type.Optional(Type.String())
const check = checkOf(
  object({
    select: object({ since: Text, token: Text, campaign: Text, type: Text }),
    reason: Type.String(),
    dryRun: Type.Optional(Type.Boolean()),
  }),
)

export function isSelection(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'select')
}

export async function revokeSelected(
  { bulkRevoker, clock }: HttpDependencies,
  body: unknown,
  { dryRun: isAsked, ...options }: ManyOptions,
  reply: FastifyReply,
): Promise<unknown> {
  if (!check.fits(body)) throw new Problem('request-malformed', `body: ${check.wrong(body)}`)
  const { select, reason } = body
  const dryRun = body.dryRun === true || isAsked === true
  const selection = valueOr(selectionOf(select, clock()))
  if (REVOCATION_REASON.parse(reason) === undefined) {
    throw new Problem('reason-unknown', `one of ${REVOCATION_REASON.names.join(' ')}`)
  }
  const done = dryRun
    ? await bulkRevoker.count(selection)
    : await bulkRevoker.revoke(selection, reason, options)
  return reply.code(done.revoked > 0 ? 201 : 200).send({ dryRun, ...shown(done) })
}

function shown({ sample, ...counts }: SelectedRevocation) {
  const told = sample.map(({ timeMs, ...report }) => ({
    ...report,
    time: new Date(timeMs).toISOString(),
  }))
  return { ...counts, sample: told }
}
