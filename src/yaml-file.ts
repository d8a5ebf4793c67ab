/** YAML files of the operator, read. What a setting means is `config.ts`. */
import { readFile } from 'node:fs/promises'
import { isSeq, parseDocument } from 'yaml'
import { LIMITS } from './core/limits.js'
import { readPolicy, type PolicyReading } from './policy/policy-file.js'
import type { Shadowed } from './policy/policies.js'

/** A file beside the settings that cannot be used. */
export class ConfigInvalid extends Error {
  readonly code = 'config-invalid'
}

export type Yaml = { readonly value: unknown } | { readonly problems: readonly string[] }

export function parseYaml(text: string): Yaml {
  const document = parseDocument(text, { prettyErrors: true })
  if (document.errors.length > 0) {
    return { problems: document.errors.map((error) => error.message.split('\n')[0]!) }
  }
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) }
  } catch (error) {
    // More aliases than any file of ours needs: a few lines that would unfold without end.
    return { problems: [(error as Error).message] }
  }
}

/** What a policy file says; see `readPolicy`. Syntax errors are told by line. */
export function readPolicyText(text: string): PolicyReading {
  if (Buffer.byteLength(text) > LIMITS.policyBytesMax) {
    return { errors: [{ key: 'file', message: `has more than ${LIMITS.policyBytesMax} bytes` }] }
  }
  const parsed = parseYaml(text)
  if ('value' in parsed) return readVersioned(parsed.value)
  const [first = 'is not YAML', ...others] = parsed.problems
  const error = (message: string) => ({ key: 'file', message })
  return { errors: [error(first), ...others.map(error)] }
}

/** The rest of a newer file is not judged: what it says may mean something else by then. */
function readVersioned(value: unknown): PolicyReading {
  if (!isMapping(value)) return readPolicy(value)
  const { version, ...policy } = value
  const wrong = wrongVersion(version)
  if (wrong === undefined) return readPolicy(policy)
  const reading = wrong.isNewer ? undefined : readPolicy(policy)
  const others = reading !== undefined && 'errors' in reading ? reading.errors : []
  return { errors: [{ key: 'version', message: wrong.message }, ...others] }
}

/** Of the settings, policy and federation files alike: absent is 1, the first and newest. */
export const FILE_VERSION = 1

/** What is wrong with a file's version, in words. One that is newer says so, and nothing else. */
export function wrongVersion(version: unknown): { isNewer: boolean; message: string } | undefined {
  if (version == null || version === FILE_VERSION) return undefined
  const isNewer = Number.isSafeInteger(version) && (version as number) > FILE_VERSION
  const newer = `${String(version)} is newer than what this version of Tocsin reads`
  const message = isNewer ? `${newer}, ${FILE_VERSION}` : `is ${FILE_VERSION}`
  return { isNewer, message }
}

/** Comments stay, if not every blank. `''` where the text has nothing of the kind in shadow. */
export function withoutShadow(text: string, what: Shadowed): string {
  const document = parseDocument(text)
  if ('all' in what) {
    if (document.getIn(['shadow', 'all']) !== true) return ''
    document.setIn(['shadow', 'all'], false)
    return document.toString()
  }
  const [list, names] = 'member' in what ? ['members', [what.member]] : ['types', what.type]
  const held = document.getIn(['shadow', list])
  if (!isSeq(held)) return ''
  const at = (held.toJSON() as unknown[]).findIndex((one) => names.includes(String(one)))
  if (at < 0) return ''
  held.delete(at)
  return document.toString()
}

/** A YAML file's content, shape unchecked. Throws `ConfigInvalid`. */
export async function readYamlFile(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ConfigInvalid(`cannot read ${path}`, { cause: error })
  })
  const parsed = parseYaml(text)
  if ('problems' in parsed) throw new ConfigInvalid(`${path}: ${parsed.problems.join('; ')}`)
  return parsed.value
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
