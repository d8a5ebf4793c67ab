/**
 * Where the policy comes from: a watched file. One that cannot be used changes nothing: the last
 * good policy stays, also over a restart (it is kept in the history).
 */
import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PACKAGED_POLICY } from './config.js'
import { readPolicyText, withoutShadow } from './yaml-file.js'
import { LIMITS } from './core/limits.js'
import type { OwnRows, PolicyVersion } from './core/own-rows.js'
import type { Clock, Log, Registrar } from './core/ports.js'
import { StoreError } from './core/store-port.js'
import { StartError } from './lifecycle.js'
import type { Policies, PolicyInForce, Shadowed } from './policy/policies.js'
import type { PolicyReading } from './policy/policy-file.js'
import type { PolicyNote } from './policy/reading.js'
import { policyHash, type Policy } from './policy/rules.js'
import { writeSmallFile } from './storage/small-file.js'
import { GONE, lookAt, WatchedFile, type Look } from './watched-file.js'

export interface PolicySourceOptions {
  /** Of the node. */
  readonly data: string
  /** The operator's file; undefined is policy.yaml in the data folder, where there is one. */
  readonly path: string | undefined
}

export interface PolicySourceDependencies {
  readonly lists: OwnRows
  readonly registrar: Registrar
  readonly clock: Clock
  readonly log: Log
}

export class PolicySource implements Policies {
  readonly #options: PolicySourceOptions
  readonly #dependencies: PolicySourceDependencies
  #inForce!: PolicyInForce
  #errors: readonly PolicyNote[] = []
  /** In the history, which names what was in force when. */
  #isRecorded = false
  readonly #file: WatchedFile

  private constructor(options: PolicySourceOptions, dependencies: PolicySourceDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    this.#file = new WatchedFile({
      path: this.#path,
      bytesMax: LIMITS.policyBytesMax,
      changed: (look) => this.#judge(look),
      same: async () => {
        if (!this.#isRecorded) await this.#record()
      },
    })
  }

  /** Throws `StartError` where the file cannot be used and there is no last good policy. */
  static async open(
    options: PolicySourceOptions,
    dependencies: PolicySourceDependencies,
  ): Promise<PolicySource> {
    const source = new PolicySource(options, dependencies)
    await source.#begin()
    return source
  }

  start(): void {
    this.#file.start()
  }

  stop(): Promise<void> {
    return this.#file.stop()
  }

  /** Looks at once, and believes what it sees: somebody has said that the file is ready. */
  reload(): Promise<void> {
    return this.#file.reload()
  }

  inForce(): PolicyInForce {
    return this.#inForce
  }

  errors(): readonly PolicyNote[] {
    return this.#errors
  }

  read(text: string): PolicyReading {
    return readPolicyText(text)
  }

  withoutShadow(text: string, what: Shadowed): string {
    return withoutShadow(text, what)
  }

  apply(text: string): ReturnType<Policies['apply']> {
    return this.#file.inTurn(async () => {
      const path = await realpath(this.#path).catch(() => this.#path)
      if (path === (await realpath(PACKAGED_POLICY))) return { ok: false, code: 'policy-packaged' }
      const mode = await stat(path).catch(() => undefined)
      await writeSmallFile(path, text, mode === undefined ? 0o600 : mode.mode & 0o777)
      await this.#file.wrote(text)
      return { ok: true }
    })
  }

  get #path(): string {
    return this.#options.path ?? join(this.#options.data, 'policy.yaml')
  }

  async #begin(): Promise<void> {
    const { path } = this.#options
    const first = await this.#file.first()
    const isDefault = path === undefined && first === GONE
    const look = isDefault ? await lookAt(PACKAGED_POLICY, LIMITS.policyBytesMax) : first
    const reading = readingOf(look)
    if ('policy' in reading && 'text' in look) {
      const found = { source: isDefault ? 'packaged' : 'file', ...reading } as const
      return this.#enforce(look.text, found)
    }
    const errors = 'errors' in reading ? reading.errors : []
    const last = this.#dependencies.lists.of('policy').get('now')
    const held = last === undefined ? undefined : readPolicyText(last.text)
    if (last === undefined || held === undefined || 'errors' in held) {
      const told = errors.map(({ key, message }) => `${key}: ${message}`).join('; ')
      throw new StartError('policy-invalid', `${this.#path}: ${told}`)
    }
    await this.#enforce(last.text, { source: 'history', ...held })
    this.#refuse(errors)
  }

  /** old → new, or old stays. A file that vanishes takes nothing back: it may be a bad disk. */
  async #judge(look: Look): Promise<void> {
    const reading = readingOf(look)
    if ('policy' in reading && 'text' in look) {
      return this.#enforce(look.text, { source: 'file', ...reading })
    }
    this.#refuse('errors' in reading ? reading.errors : [])
  }

  #refuse(errors: readonly PolicyNote[]): void {
    this.#errors = errors
    this.#dependencies.log.warn('policy-invalid', { path: this.#path, errors: errors.map(textOf) })
  }

  async #enforce(
    text: string,
    { policy, source, warnings }: Pick<PolicyInForce, 'policy' | 'source' | 'warnings'>,
  ): Promise<void> {
    const { clock, log } = this.#dependencies
    const hash = policyHash(policy)
    this.#errors = []
    const sinceMs = this.#since(policy) ?? clock()
    this.#inForce = { policy, text, source, warnings, sinceMs, path: this.#path }
    log.info('policy-in-force', { hash, source, path: this.#path, warnings: warnings.map(textOf) })
    this.#isRecorded = this.#since(policy) !== undefined
    if (this.#isRecorded) return
    await this.#record()
    if (!this.#isRecorded) log.warn('policy-unrecorded', { hash })
  }

  /** Since when a policy that says the same is in force, if it is. */
  #since(policy: Policy): number | undefined {
    const last = this.#dependencies.lists.of('policy').get('now')
    return last?.hash === policyHash(policy) ? last.sinceMs : undefined
  }

  /** A disk that fails must not keep a policy from being in force; it is recorded later. */
  async #record(): Promise<void> {
    const { policy, text, sinceMs } = this.#inForce
    const row: PolicyVersion = { hash: policyHash(policy), text, sinceMs }
    try {
      await this.#dependencies.registrar.change({ table: 'policy', name: 'now', row })
      this.#isRecorded = true
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
    }
  }
}

function textOf({ key, message }: PolicyNote): string {
  return `${key}: ${message}`
}

function readingOf(look: Look): PolicyReading {
  if ('text' in look) return readPolicyText(look.text)
  return { errors: [{ key: 'file', message: look.problem }] }
}
