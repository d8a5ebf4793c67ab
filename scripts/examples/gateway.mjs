/**
 * A gateway in Node that asks nobody: a replica of the node's state in its own process, as express
 * middleware. Shows: the guard, throttling (which the guard lets pass), and how old the copy is.
 *
 *   export TOCSIN_TOKEN=$(npx tocsin token create --role gateway --name gateway-1)
 *   node scripts/examples/gateway.mjs            # then: curl -i http://127.0.0.1:8080/v1/chat
 *
 * TOCSIN_URL is the node (http://127.0.0.1:4718), PORT where this listens, STORE a folder for the
 * last good copy, with which it starts while the node is away.
 */
import express from 'express'
import { expressGuard, initReplica } from 'tocsin/replica'

const { TOCSIN_URL: url = 'http://127.0.0.1:4718', TOCSIN_TOKEN: credential } = process.env
const { PORT = '8080', STORE: dir = './tocsin-replica' } = process.env

const replica = await initReplica({
  url,
  credential,
  store: { dir },
  onDegraded: { stale: 'last-known', expired: { block: 'challenge' }, neverSynced: 'allow' },
})

const app = express()
app.use(
  expressGuard(replica, {
    onVerdict: (request, { action }) => (request.action = action),
  }),
)
app.get('/healthz', (_request, response) => response.json(replica.status()))
app.use((request, response) => {
  // Yours to decide: a smaller quota, a slower queue.
  if (request.action === 'throttle') response.set('retry-after', '1').status(429).end()
  else response.json({ answer: 'from the model' })
})
const server = app.listen(Number(PORT), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})

process.once('SIGTERM', () => server.close(() => void replica.close()))
