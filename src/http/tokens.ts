/** Tokens of gateways, detectors and operators: made here, shown once, kept as their SHA-256. */
import { randomBytes } from 'node:crypto'
import { Type } from 'typebox'
import { TOKEN_TLPS, type StoredToken } from '../core/own-rows.js'
import { hashToken, OPERATOR, TOKEN_ROLES } from './access.js'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'
import { Turns } from './turns.js'

const TokenName = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })
const NewToken = object({
  name: TokenName,
  role: Type.Enum([...TOKEN_ROLES]),
  keyed: Type.Optional(Type.Boolean()),
  tlp: Type.Optional(Type.Enum([...TOKEN_TLPS])),
})
const Named = object({ name: Type.String() })

export function tokenRoutes(app: App, { state, registrar, clock }: HttpDependencies): void {
  const config = { role: 'operator' } as const
  const turns = new Turns()
  const held = (name: string) => state.lists.of('tokens').get(name)

  app.get('/v1/tokens', { config }, () => ({
    tokens: [...state.lists.of('tokens').values()].map(shown),
  }))

  app.post('/v1/tokens', { config, schema: { body: NewToken } }, (request, reply) =>
    turns.take(async () => {
      const { name, role, keyed, tlp } = request.body
      if (name === OPERATOR || held(name) !== undefined) throw new Problem('token-exists')
      const token = `tocsin_${randomBytes(32).toString('base64url')}`
      const told = {
        ...(keyed === true ? ({ keyed } as const) : {}),
        ...(tlp === undefined ? {} : { tlp }),
      }
      const stored = { name, role, hash: hashToken(token), createdMs: clock(), ...told }
      await registrar.change({ table: 'tokens', name, row: stored })
      return reply.code(201).send({ ...shown(stored), token })
    }),
  )

  app.delete('/v1/tokens/:name', { config, schema: { params: Named } }, (request) =>
    turns.take(async () => {
      const { name } = request.params
      const token = held(name)
      if (token === undefined) throw new Problem('token-unknown')
      await registrar.change({ table: 'tokens', name, row: null })
      return { revoked: shown(token) }
    }),
  )
}

function shown({ name, role, createdMs, keyed, tlp = 'amber' }: StoredToken) {
  return { name, role, keyed: keyed === true, tlp, createdAt: new Date(createdMs).toISOString() }
}
