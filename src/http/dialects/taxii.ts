/**
 * `/taxii2/`: a TAXII 2.1 server to read from (OASIS, 2021), over the catalogue. Every answer is of
 * its media type, errors too, in its own form; addresses in answers are relative, so that a proxy
 * in front need not be known here.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { timeOfUs } from '../../core/catalogue.js'
import { LIMITS } from '../../core/limits.js'
import type { Catalogue } from '../catalogue.js'
import { Problem, bodyOf, problemOf } from '../problems.js'
import type { App } from '../shape.js'
import { COLLECTIONS, type Collection } from './taxii-collections.js'
import {
  nextOf,
  pageOf,
  placedById,
  wishOf,
  type Page,
  type Placed,
  type Query,
} from './taxii-page.js'

export interface TaxiiParts {
  readonly catalogue: Catalogue
  readonly name: string
}

const TAXII = 'application/taxii+json;version=2.1'
const STIX = 'application/stix+json;version=2.1'
const ROOT = '/taxii2/tocsin/'
const COLLECTION = '/tocsin/collections/:collection/'

interface Named {
  readonly collection: string
  readonly object?: string
}

export function taxiiRoutes(app: App, { catalogue, name }: TaxiiParts): void {
  void app.register(
    (scope, _options, done) => {
      const options = {
        config: { role: 'gateway' },
        schema: { querystring: Type.Object({}) },
      } as const
      const get = (url: string, answer: (request: FastifyRequest) => unknown) =>
        scope.get(url, options, async (request, reply) => send(reply, await answer(request)))
      scope.setErrorHandler((error, _request, reply) => sendError(reply, problemOf(error)))
      scope.setNotFoundHandler((_request, reply) => sendError(reply, new Problem('route-unknown')))
      scope.addHook('preValidation', checkAccept)
      get('/', () => discovery(name))
      get('/tocsin/', () => apiRoot())
      get('/tocsin/collections/', () => ({ collections: COLLECTIONS.map(shown) }))
      get(COLLECTION, (request) => shown(collectionOf(request)))
      for (const [last, answer] of [
        ['objects/', envelope],
        ['manifest/', manifest],
      ] as const) {
        scope.get(COLLECTION + last, options, async (request, reply) => {
          const wish = wishOf(request.query as Query, collectionOf(request), request.tlp)
          const page = await pageOf(await catalogue.now(), wish)
          return send(dated(reply, page.objects), answer(page))
        })
      }
      for (const [last, answer] of [
        ['objects/:object/', (one: Placed) => new Envelope({ more: false }, [one])],
        [
          'objects/:object/versions/',
          (one: Placed) => ({ more: false, versions: [versionOf(one)] }),
        ],
      ] as const) {
        scope.get(COLLECTION + last, options, async (request, reply) => {
          const one = await objectOf(catalogue, request)
          return send(dated(reply, [one]), answer(one))
        })
      }
      // It may be read and nothing else, and says so in the collection.
      const refuse = () => {
        throw new Problem('read-only')
      }
      scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
      scope.post(`${COLLECTION}objects/`, options, refuse)
      scope.delete(`${COLLECTION}objects/:object/`, options, refuse)
      done()
    },
    { prefix: '/taxii2' },
  )
}

function send(reply: FastifyReply, body: unknown): FastifyReply {
  const text = body instanceof Envelope ? body.text : JSON.stringify(body)
  return reply.type(TAXII).send(Buffer.from(text))
}

/** Objects have been written already, to know how long they are. */
class Envelope {
  constructor(
    readonly rest: object,
    readonly objects: readonly Placed[],
  ) {}

  get text(): string {
    const texts = this.objects.map(({ text }) => text)
    return `${JSON.stringify(this.rest).slice(0, -1)},"objects":[${texts.join(',')}]}`
  }
}

function sendError(reply: FastifyReply, problem: Problem): FastifyReply {
  const { status, title, code, detail } = bodyOf(problem.code, problem.detail)
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="taxii"')
  const description = detail === undefined ? {} : { description: detail }
  const body = { title, ...description, error_code: code, http_status: String(status) }
  return send(reply.code(status), body)
}

/** A client that says nothing, or anything goes, is answered; one that wants 2.0 alone is not. */
function checkAccept({ headers }: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const wanted = (headers.accept ?? '*/*').split(',').map((one) => one.replaceAll(' ', ''))
  const isFine = wanted.some((one) => {
    const [type = '', ...parameters] = one.toLowerCase().split(';')
    if (!['*/*', 'application/*', 'application/taxii+json'].includes(type)) return false
    const version = parameters.find((parameter) => parameter.startsWith('version='))
    return version === undefined || version.replaceAll('"', '') === 'version=2.1'
  })
  if (!isFine) throw new Problem('not-acceptable')
  done()
}

function discovery(name: string): object {
  return {
    title: `Tocsin: ${name}`,
    description: 'What this node and its members say, as far as it may leave',
    default: ROOT,
    api_roots: [ROOT],
  }
}

function apiRoot(): object {
  return {
    title: 'tocsin',
    versions: [TAXII],
    max_content_length: LIMITS.bodyBytesMax,
  }
}

function shown({ id, title, description }: Collection): object {
  return { id, title, description, can_read: true, can_write: false, media_types: [STIX] }
}

function collectionOf(request: FastifyRequest): Collection {
  const { collection } = request.params as Named
  const found = COLLECTIONS.find(({ id }) => id === collection.toLowerCase())
  if (found === undefined) throw new Problem('collection-unknown')
  return found
}

async function objectOf(catalogue: Catalogue, request: FastifyRequest): Promise<Placed> {
  const collection = collectionOf(request)
  const { object = '' } = request.params as Named
  const one = await placedById(await catalogue.now(), object, { collection, tlp: request.tlp })
  if (one === undefined) throw new Problem('object-unknown')
  return one
}

function dated(reply: FastifyReply, objects: readonly Placed[]): FastifyReply {
  const [first, last] = [objects[0], objects.at(-1)]
  if (first === undefined || last === undefined) return reply
  return reply.headers({
    'x-taxii-date-added-first': timeOfUs(first.atUs),
    'x-taxii-date-added-last': timeOfUs(last.atUs),
  })
}

/** The end of a page where more follows. */
function onward({ objects, more }: Page): object {
  return more ? { more, next: nextOf(objects.at(-1)!.atUs) } : { more }
}

function envelope(page: Page): Envelope {
  return new Envelope(onward(page), page.objects)
}

function manifest(page: Page): object {
  return {
    ...onward(page),
    objects: page.objects.map((one) => ({
      id: one.object.id,
      date_added: timeOfUs(one.atUs),
      version: versionOf(one),
      media_type: STIX,
    })),
  }
}

function versionOf({ object }: Placed): string {
  return object.modified ?? object.created
}
