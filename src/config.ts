/**
 * The settings of a node: built-in < file < environment < flags. Reading is all or nothing: a
 * misspelt key or a wrong value is an error with its place, and all errors are told at once. It
 * checks forms only; whether an address can be listened on or a certificate read shows at start.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LOOPBACK } from './core/client-address.js'
import { typeByName } from './core/indicator.js'
import { LIMITS } from './core/limits.js'
import { distance, nearest } from './core/spelling.js'
import { parseInstant } from './core/request.js'
import {
  fromText,
  issuerOf,
  isLoopback,
  SETTINGS,
  type DialectConfig,
  variableOf,
  whatIsWrong,
  type LogLevel,
} from './setting.js'
import { isMapping, parseYaml, wrongVersion } from './yaml-file.js'

export interface Config {
  readonly data: string
  readonly name: string
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  /** Path of the federation file; undefined is federation.yaml in the data folder, or none. */
  readonly federation: string | undefined
  /** Path of the policy file; undefined is policy.yaml in the data folder, or the packaged one. */
  readonly policy: string | undefined
  readonly api: {
    /** host:port */
    readonly listen: string
    readonly hosts: readonly string[]
    readonly socket: boolean
    readonly insecure: boolean
    readonly tls: { readonly cert: string; readonly key: string } | undefined
    /** Peers that say truly where a request comes from. */
    readonly trustedProxies: readonly string[]
    readonly dialects: DialectConfig
  }
  /** Lists written to disk. */
  readonly exports: {
    readonly folder: string | undefined
    readonly files: readonly string[]
    /** Program and arguments. */
    readonly reload: readonly string[]
  }
  /** A Redis that is kept equal to what this node blocks. */
  readonly redis: { readonly url: string; readonly prefix: string } | undefined
  /** Types that are told only as keyed hashes, and are off until named here. */
  readonly keyed: {
    readonly types: readonly string[]
    /** What begins so was given out by that member. */
    readonly issuers: readonly (readonly [issuer: string, member: string])[]
  }
  /** Path of ordinary prompts that no sketch may match. */
  readonly benign: string | undefined
  /** On what ground this node publishes, and until when; undefined: none is named. */
  readonly legal: { readonly basis: string; readonly untilMs: number } | undefined
  readonly logLevel: LogLevel
}

/** Flags as the command line has them; absent ones leave the other sources in force. */
export interface ConfigFlags {
  readonly config?: string
  readonly data?: string
  readonly name?: string
  readonly listen?: readonly string[]
  readonly announce?: readonly string[]
  readonly federation?: string
  readonly policy?: string
  readonly api?: string
  readonly apiInsecure?: boolean
  readonly logLevel?: string
}

export type ConfigCode = 'config-invalid' | 'config-version-newer' | 'api-not-loopback'

export interface ConfigError {
  readonly code: ConfigCode
  /** The key, flag or variable it is about. */
  readonly key: string
  readonly message: string
}

export type ConfigResult =
  { readonly config: Config } | { readonly errors: readonly [ConfigError, ...ConfigError[]] }

const KEYS = Object.keys(SETTINGS)
const packaged = (name: string) => fileURLToPath(new URL(`../config/${name}`, import.meta.url))
const PACKAGED_FILE = packaged('tocsin.yaml')
/** The default policy; never written to. */
export const PACKAGED_POLICY = packaged('policy.yaml')

const FLAGS: readonly (readonly [Exclude<keyof ConfigFlags, 'config'>, string, string])[] = [
  ['data', '--data', 'data'],
  ['name', '--name', 'name'],
  ['listen', '--listen', 'listen'],
  ['announce', '--announce', 'announce'],
  ['federation', '--federation', 'federation'],
  ['policy', '--policy', 'policy'],
  ['api', '--api', 'api.listen'],
  ['apiInsecure', '--api-insecure', 'api.insecure'],
  ['logLevel', '--log-level', 'log.level'],
]

export function loadConfig(
  flags: ConfigFlags,
  env: Readonly<Record<string, string | undefined>>,
  options: { readonly cwd: string; readonly packagedFile?: string },
): ConfigResult {
  const gathering = new Gathering()
  const named = flags.config ?? (env['TOCSIN_CONFIG'] || undefined)
  const path = named && resolve(options.cwd, named)
  gathering.readFile(path ?? options.packagedFile ?? PACKAGED_FILE, path !== undefined)
  gathering.readEnv(env)
  for (const [flag, label, key] of FLAGS) gathering.take(key, flags[flag], label)
  return gathering.result(options.cwd)
}

/** Collects values source by source, later ones over earlier ones, and everything that is wrong. */
class Gathering {
  readonly #values = new Map<string, unknown>()
  readonly #errors: ConfigError[] = []

  readFile(path: string, required: boolean): void {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (required || !missing) this.#wrong('config', `cannot read ${path}`)
      return
    }
    const parsed = parseYaml(text)
    if ('problems' in parsed) for (const problem of parsed.problems) this.#wrong(path, problem)
    else if (isMapping(parsed.value)) this.#takeFile(parsed.value)
    else if (parsed.value !== null) this.#wrong(path, 'is not a list of keys and values')
  }

  /** The keys of a newer file are not judged: to call them misspelt would lead astray. */
  #takeFile({ version, ...settings }: Readonly<Record<string, unknown>>): void {
    const wrong = wrongVersion(version)
    if (wrong?.isNewer !== true) this.#walk(settings, '')
    const code = wrong?.isNewer === true ? 'config-version-newer' : 'config-invalid'
    if (wrong !== undefined) this.#wrong('version', wrong.message, code)
  }

  #walk(mapping: Readonly<Record<string, unknown>>, prefix: string): void {
    for (const [name, value] of Object.entries(mapping)) {
      const key = prefix + name
      const isGroup = KEYS.some((other) => other.startsWith(`${key}.`))
      if (Object.hasOwn(SETTINGS, key)) this.take(key, value ?? undefined, key)
      else if (!isGroup) this.#wrong(key, `no such key; did you mean ${nearest(key, KEYS)}?`)
      else if (isMapping(value)) this.#walk(value, `${key}.`)
      else if (value !== null) this.#wrong(key, 'holds further keys')
    }
  }

  readEnv(env: Readonly<Record<string, string | undefined>>): void {
    const names = new Map(KEYS.map((key) => [variableOf(key), key]))
    for (const [name, text] of Object.entries(env)) {
      if (!name.startsWith('TOCSIN_') || text === undefined || text === '') continue
      const key = names.get(name)
      if (key !== undefined) this.take(key, fromText(SETTINGS[key]!, text), name)
      else this.#misspelt(name, [...names.keys()])
    }
  }

  /** Other programs' variables share the prefix (tests, clients), so only a near miss is wrong. */
  #misspelt(name: string, names: readonly string[]): void {
    if (['TOCSIN_CONFIG', 'TOCSIN_URL', 'TOCSIN_TOKEN'].includes(name)) return
    const meant = names.find((other) => distance(name, other) <= 2)
    if (meant !== undefined) this.#wrong(name, `no such variable; did you mean ${meant}?`)
  }

  take(key: string, value: unknown, label: string): void {
    if (value === undefined) return
    const wrong = whatIsWrong(SETTINGS[key]!, value)
    if (wrong === undefined) this.#values.set(key, value)
    else this.#wrong(label, wrong)
  }

  #wrong(key: string, message: string, code: ConfigCode = 'config-invalid'): void {
    this.#errors.push({ code, key, message })
  }

  result(cwd: string): ConfigResult {
    const text = (key: string) => this.#values.get(key) as string | undefined
    const list = (key: string) => (this.#values.get(key) ?? []) as readonly string[]
    const path = (key: string) => {
      const given = text(key)
      return given === undefined ? undefined : resolve(cwd, given)
    }
    const [cert, key] = [path('api.tls.cert'), path('api.tls.key')]
    if ((cert === undefined) !== (key === undefined)) {
      this.#wrong('api.tls', 'needs both cert and key')
    }
    const config: Config = {
      data: path('data') ?? resolve(cwd, 'data'),
      name: text('name') ?? nameOfHost(),
      listen: this.#values.has('listen') ? list('listen') : ['/ip4/0.0.0.0/tcp/4717'],
      announce: list('announce'),
      federation: path('federation'),
      policy: path('policy'),
      api: {
        listen: text('api.listen') ?? '127.0.0.1:4718',
        hosts: list('api.hosts'),
        socket: (this.#values.get('api.socket') as boolean | undefined) ?? true,
        insecure: (this.#values.get('api.insecure') as boolean | undefined) ?? false,
        tls: cert !== undefined && key !== undefined ? { cert, key } : undefined,
        trustedProxies: this.#values.has('api.trustedProxies')
          ? list('api.trustedProxies')
          : LOOPBACK,
        dialects: dialectsOf(text, list),
      },
      exports: {
        folder: path('exports.folder'),
        files: this.#values.has('exports.files') ? list('exports.files') : ['plain.txt'],
        reload: list('exports.reload'),
      },
      redis: redisOf(text('redis'), text('redisPrefix')),
      keyed: keyedOf(list('keyed.types'), list('keyed.issuers')),
      benign: path('sketches.benign'),
      legal: this.#legal(text('legal.basis'), text('legal.until')),
      logLevel: (text('log.level') as LogLevel | undefined) ?? 'info',
    }
    this.#checkExposure(config)
    const [first, ...more] = this.#errors
    return first === undefined ? { config } : { errors: [first, ...more] }
  }

  #legal(basis: string | undefined, until: string | undefined): Config['legal'] {
    if (basis === undefined && until === undefined) return undefined
    if (basis !== undefined && until !== undefined) return { basis, untilMs: parseInstant(until)! }
    this.#wrong('legal', 'needs both basis and until')
    return undefined
  }

  /** Tokens and verdicts in clear text over a network are a choice somebody has to make. */
  #checkExposure({ api }: Config): void {
    if (isLoopback(api.listen) || api.tls !== undefined || api.insecure) return
    this.#wrong(
      'api.listen',
      `${api.listen} is reachable from other hosts: give api.tls {cert, key}, or --api-insecure`,
      'api-not-loopback',
    )
  }
}

function dialectsOf(
  text: (key: string) => string | undefined,
  list: (key: string) => readonly string[],
): DialectConfig {
  return {
    stale: text('api.dialects.stale') ?? 'last-known',
    degraded: text('api.dialects.degraded') ?? 'last-known',
    noAnswer: text('api.dialects.noAnswer') ?? 'deny',
    noAddress: text('api.dialects.noAddress') ?? 'deny',
    headers: list('api.dialects.headers'),
    pointers: list('api.dialects.pointers'),
  } as DialectConfig
}

function redisOf(url: string | undefined, prefix = 'blocklist:'): Config['redis'] {
  return url === undefined ? undefined : { url, prefix }
}

/** By their full names, each once. */
function keyedOf(types: readonly string[], issuers: readonly string[]): Config['keyed'] {
  const names = new Set(types.flatMap((name) => typeByName(name)?.name ?? []))
  return { types: [...names], issuers: issuers.map(issuerOf) }
}

function nameOfHost(): string {
  const name = hostname()
    .split('.')[0]!
    .replace(/[^\p{L}\p{N}_-]/gu, '')
  return name.slice(0, LIMITS.memberNameMax) || 'node'
}
