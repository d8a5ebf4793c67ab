/**
 * The reference beside which look-ups are measured: `node:http` and a `Map`. It reads the question
 * from the address, finds it, answers the same JSON as `view=action`, and nothing else. Started by
 * `lookup.ts`.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const banned = readFileSync(process.argv[2]!, 'utf8').trim().split('\n')
const expiresAt = new Date(Date.now() + 7 * 86_400_000).toISOString()
const held = new Map(banned.map((value) => [value, { action: 'block', expiresAt }]))
const NOTHING = { action: 'allow' }

createServer(({ url = '' }, response) => {
  const value = new URLSearchParams(url.slice(url.indexOf('?'))).get('value')
  const body = JSON.stringify(held.get(value ?? '') ?? NOTHING)
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
}).listen(Number(process.argv[3]), '127.0.0.1')
