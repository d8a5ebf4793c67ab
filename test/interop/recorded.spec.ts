/**
 * Gateways that cannot run here, by requests as they send them (LiteLLM's generic guardrail and
 * Envoy's ext_authz over HTTP, written from their documentation): who is blocked is stopped, who is
 * not passes, a revocation frees.
 */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { text } from 'node:stream/consumers'
import { hand, openLab } from '../support/lab.js'
import { DIALECTS, openApi, TOKENS, type Api } from '../http/api.js'

const BAD = '45.77.10.1'
const CLEAN = '45.77.10.2'
const recorded = (name: string) => readFile(new URL(`recorded/${name}`, import.meta.url), 'utf8')

describe('interop: recorded requests', () => {
  let api: Api
  let b: Awaited<ReturnType<typeof openLab>>
  before(async () => {
    const pointers = new Map([['/request_headers/x-real-ip', 'ip']])
    api = await openApi({ dialects: { ...DIALECTS, pointers } })
    b = await openLab('Lab B')
    const c = await openLab('Lab C')
    for (const lab of [b, c]) {
      await api.lab.admit(lab.name)
      await lab.voice.report([{ type: 'ip', value: BAD }])
      await hand(lab, api.lab)
    }
  })
  after(() => api.stop())

  const litellm = async (visitor: string) => {
    const body = (await recorded('litellm.json')).replaceAll('VISITOR', visitor)
    const headers = { 'content-type': 'application/json', 'x-api-key': TOKENS.gateway }
    const url = `${api.address}/beta/litellm_basic_guardrail_api`
    const answer = await fetch(url, { method: 'POST', body, headers })
    return [answer.status, ((await answer.json()) as { action: string }).action]
  }
  const envoy = async (visitor: string) => {
    const head = (await recorded('envoy.http')).replaceAll('VISITOR', visitor)
    const socket = createConnection(Number(new URL(api.address).port), '127.0.0.1')
    const asked = head.replace('TOKEN', TOKENS.gateway).trimEnd().replaceAll('\n', '\r\n')
    socket.write(`${asked}\r\nconnection: close\r\n\r\n`)
    return Number((await text(socket)).slice(9, 12))
  }

  it('LiteLLM and Envoy are answered as they read it', async () => {
    assert.deepEqual(
      [await litellm(BAD), await litellm(CLEAN)],
      [
        [200, 'BLOCKED'],
        [200, 'NONE'],
      ],
    )
    assert.deepEqual([await envoy(BAD), await envoy(CLEAN)], [403, 200])
    await b.voice.revoke([{ type: 'ip', value: BAD, reason: 'false-positive' }])
    await hand(b, api.lab)
    assert.deepEqual([await litellm(BAD), await envoy(BAD)], [[200, 'NONE'], 200])
  })
})
