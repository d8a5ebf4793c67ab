/** The description of the API, made from its routes: valid, complete, and true where tried. */
import assert from 'node:assert/strict'
import { Validator } from '@seriousme/openapi-schema-validator'
import { SUMMARIES } from '../../src/http/openapi.js'
import { openApi, type Api } from './api.js'

interface Operation {
  readonly summary: string
  readonly security: readonly object[]
  readonly description: string
  readonly parameters?: readonly { readonly required?: boolean; readonly in: string }[]
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
