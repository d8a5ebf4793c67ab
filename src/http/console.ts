/**
 * The console's place in the API: its files, the link that lets a browser in, and leaving. What it
 * shows it asks from the same routes as the command line; a browser that has not entered is shown
 * how to, and nothing else.
 */
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { HttpDependencies } from './dependencies.js'
import { Problem } from './problems.js'
import { object, type App } from './shape.js'

/** Nobody may frame it, learn where it links from, or share its windows. */
const HEADERS = {
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}
const STRANGER_CSP = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'"

export function consoleRoutes(app: App, dependencies: HttpDependencies): void {
  const { pages, sessions, clock } = dependencies
  const open = { config: { role: 'public', isPage: true } } as const
  const operator = { config: { role: 'operator' } } as const

  app.get('/', open, (request, reply) => {
    if (!sessions.has(request.headers.cookie, clock())) {
      return stranger(reply, 'This page is for the operator of this node.')
    }
    void reply.headers({ ...HEADERS, 'content-security-policy': pages.policy })
    return reply.type('text/html; charset=utf-8').send(pages.html)
  })

  app.get(
    '/enter/:code',
    { ...open, schema: { params: object({ code: Type.String() }) } },
    (request, reply) => {
      const cookie = sessions.enter(request.params.code, clock())
      if (cookie === undefined) return stranger(reply, 'This link was used already, or it is over.')
      return reply.header('set-cookie', cookie).code(303).header('location', '/').send()
    },
  )

  const params = object({ name: Type.String() })
  const page = { config: { role: 'operator', isPage: true } } as const
  app.get('/console/:name', { ...page, schema: { params } }, (request, reply) => {
    const file = pages.file(request.params.name)
    if (file === undefined) throw new Problem('route-unknown')
    const { etag, type, body } = file
    void reply.headers({ ...HEADERS, etag, 'cache-control': 'private, no-cache' })
    if (request.headers['if-none-match'] === etag) return reply.code(304).send()
    return reply.type(type).send(body)
  })

  app.post('/v1/console/links', operator, (_request, reply) => {
    const { path, untilMs } = sessions.link(clock())
    return reply.code(201).send({ path, until: new Date(untilMs).toISOString() })
  })

  app.post('/v1/console/leave', operator, (request, reply) => {
    return reply.header('set-cookie', sessions.leave(request.headers.cookie)).send({ left: true })
  })
}

function stranger(reply: FastifyReply, why: string): FastifyReply {
  void reply.headers({ ...HEADERS, 'content-security-policy': STRANGER_CSP }).code(401)
  return reply.type('text/html; charset=utf-8').send(`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Tocsin</title>
<meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"></head>
<body><main><h1>Tocsin</h1><p>${why}</p>
<p>Ask for a link on the machine where the node runs: <code>tocsin console</code></p></main></body>
</html>
`)
}
