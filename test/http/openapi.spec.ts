/** The description of the API, made from its routes: valid, complete, and true where tried. */
import assert from 'node:assert/strict'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { ANSWERS } from '../../src/http/answers.js'
import { SUMMARIES } from '../../src/http/openapi.js'
import { openApi, type Api } from './api.js'

interface Operation {
  readonly summary: string
  readonly security: readonly object[]
  readonly description: string
  readonly parameters?: readonly { readonly required?: boolean; readonly in: string }[]
}

interface Asked {
  readonly query?: string
  readonly body?: object
}

/** The same shape with every field that it does not name an error. */
function closed(shape: TSchema): TSchema {
  return JSON.parse(JSON.stringify(shape), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && 'properties' in value
      ? { ...value, additionalProperties: false }
      : value,
  ) as TSchema
}

describe('http: OpenAPI', () => {
  let api: Api
  let document: { openapi: string; paths: Record<string, Record<string, Operation>> }
  before(async () => {
    api = await openApi()
    const { status, body } = await api.ask('GET', '/openapi.json', { as: 'gateway' })
    assert.equal(status, 200)
    document = body as unknown as typeof document
  })
  after(() => api.stop())

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )

  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    const result = await validator.validate(
      structuredClone(document) as unknown as Record<string, unknown>,
    )
    assert.deepEqual(result.errors ?? [], [])
    assert.equal(validator.version, '3.1')
  })

  it('names every route, what it is for and who may call it', () => {
    const documented = operations().map(({ path, method }) => {
      return `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`
    })
    assert.deepEqual(documented.sort(), Object.keys(SUMMARIES).sort())
    for (const { path, method, operation } of operations()) {
      assert.notEqual(operation.summary, '', `${method} ${path} has no summary`)
      const isOpen = path === '/healthz'
      assert.equal(operation.security.length, isOpen ? 0 : 2, `${method} ${path}`)
    }
  })

  it('what it says of answers is so', async () => {
    const item = { type: 'ip', value: '45.77.1.1' }
    const told = { as: 'operator' } as const
    const asked: Record<string, readonly Asked[]> = {
      'POST /v1/reports': [{ body: item }, { body: [item, { ...item, value: 'x' }] }],
      'POST /v1/sightings': [{ body: item }],
      'POST /v1/disputes': [{ body: [{ ...item, reason: 'own-customer' }] }],
      'GET /v1/check': [{ query: '?type=ip&value=45.77.1.1' }, { query: `?type=ip&value=1.1.1.1` }],
      'POST /v1/check': [{ body: { items: [item, { ...item, value: 'x' }] } }],
      'POST /v1/check/request': [{ body: { attributes: [item] } }],
      'POST /v1/revocations': [{ body: { ...item, reason: 'false-positive' } }],
    }
    assert.deepEqual(Object.keys(asked).sort(), Object.keys(ANSWERS).sort())
    for (const [name, each] of Object.entries(asked)) {
      const [method, path] = name.split(' ') as [string, string]
      const shape = Compile(closed(ANSWERS[name]!))
      for (const { query = '', body } of each) {
        const answer = await api.ask(method, `${path}${query}`, { ...told, ...(body && { body }) })
        assert.deepEqual(shape.Errors(answer.body), [], `${name} ${answer.text}`)
        assert.ok(answer.status < 300, name)
      }
    }
  })

  it('every GET that needs no parameter answers', async () => {
    const plain = operations().filter(({ path, method, operation }) => {
      const needs = operation.parameters?.some(({ required }) => required === true) === true
      return method === 'get' && !needs && !path.includes('{') && path !== '/v1/changes'
    })
    assert.ok(plain.length > 20)
    for (const { path } of plain) {
      const { status } = await api.ask('GET', path, { as: 'operator' })
      assert.equal(status, 200, path)
      if (path !== '/healthz') assert.ok((await api.ask('GET', path)).status > 400, path)
    }
  })
})
