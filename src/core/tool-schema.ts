/**
 * The tools that a request offers to a model, cut down to what a program that was written once has
 * in common in all its requests: names, and names and types of parameters. Descriptions, defaults
 * and examples may hold anything, and are dropped before anything is hashed.
 */
import { failed, fine, type Result } from './outcome.js'

type Json = Readonly<Record<string, unknown>>

const TOOLS_MAX = 256
const PARAMETERS_MAX = 256

/**
 * From the JSON of a request's `tools`, as OpenAI (`function.parameters`) or Anthropic
 * (`input_schema`) has it: `[{"name":…,"parameters":{NAME:TYPE,…}},…]` by name, in RFC 8785 form.
 */
export function canonicalTools(raw: string): Result<string, 'tools-malformed'> {
  let json: unknown
  try {
    json = JSON.parse(raw)
  } catch {
    return failed('tools-malformed')
  }
  const isList = Array.isArray(json) && json.length > 0 && json.length <= TOOLS_MAX
  if (!isList) return failed('tools-malformed')
  const tools = (json as unknown[]).map(toolOf)
  const names = new Set<string>()
  for (const tool of tools) {
    if (tool === undefined || names.has(tool.name)) return failed('tools-malformed')
    names.add(tool.name)
  }
  const sorted = (tools as Tool[]).sort((a, b) => (a.name < b.name ? -1 : 1))
  return fine(`[${sorted.map(textOf).join()}]`)
}

interface Tool {
  readonly name: string
  readonly parameters: ReadonlyMap<string, string>
}

function toolOf(value: unknown): Tool | undefined {
  if (!isObject(value)) return undefined
  const { name, parameters, input_schema } = isObject(value['function']) ? value['function'] : value
  const schema = parameters ?? input_schema ?? {}
  if (!isText(name) || !isObject(schema)) return undefined
  const properties = schema['properties'] ?? {}
  if (!isObject(properties)) return undefined
  const entries = Object.entries(properties)
  if (entries.length > PARAMETERS_MAX || !entries.every(([key]) => isText(key))) return undefined
  return { name, parameters: new Map(entries.map(([key, of]) => [key, typeOf(of)])) }
}

/** A parameter may be of several types, in whatever order; one without a plain one is `any`. */
function typeOf(schema: unknown): string {
  const type = isObject(schema) ? schema['type'] : undefined
  const types = Array.isArray(type) ? (type as unknown[]) : [type]
  if (!types.every((one) => typeof one === 'string' && /^[a-z]{1,16}$/.test(one))) return 'any'
  return (types as string[]).sort().join('|')
}

/** RFC 8785: names by their UTF-16 code units, which is how JavaScript compares texts. */
function textOf({ name, parameters }: Tool): string {
  const members = [...parameters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, type]) => `${JSON.stringify(key)}:${JSON.stringify(type)}`)
  return `{"name":${JSON.stringify(name)},"parameters":{${members.join()}}}`
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Half a character has no UTF-8, and RFC 8785 refuses it. */
function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.from(value).toString() === value
}
