/** Executes the steps of a Dockerfile, stage by stage, each in a root folder of its own. */
import { randomUUID } from 'node:crypto'
import { join, posix } from 'node:path'
import { ROOT } from '../support/source-tree.js'
import { asRoot, bareRoot, npmSettings, runInside, type Inside } from './clean-debian.js'
import {
  commandOf,
  contextNames,
  healthCheckOf,
  lastOf,
  type Stage,
  type Step,
} from './dockerfile.js'

export interface Image {
  /** Its root folder. */
  readonly root: string
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly user: string | undefined
  readonly command: readonly string[]
  readonly healthCheck: readonly string[]
}

export class Build {
  readonly #folder: string
  readonly #roots = new Map<string, string>()
  readonly #npm = npmSettings()

  /** Everything it makes is in `folder`. */
  constructor(folder: string) {
    this.#folder = folder
  }

  async image(stages: readonly Stage[]): Promise<Image> {
    let made: Omit<Image, 'command' | 'healthCheck'> | undefined
    for (const stage of stages) made = await this.#stage(stage)
    const last = stages.at(-1)!
    const words = ['ENTRYPOINT', 'CMD'] as const
    return {
      ...made!,
      command: words.flatMap((word) => commandOf(lastOf(last, word)!)),
      healthCheck: healthCheckOf(last),
    }
  }

  remove(): Promise<void> {
    return asRoot('rm', '-rf', this.#folder)
  }

  async #stage(stage: Stage): Promise<Omit<Image, 'command' | 'healthCheck'>> {
    const root = join(this.#folder, stage.name ?? randomUUID())
    await bareRoot(root)
    if (stage.name !== undefined) this.#roots.set(stage.name, root)
    let now: Pick<Image, 'env' | 'cwd' | 'user'> = { env: {}, cwd: '/', user: undefined }
    for (const step of stage.steps) now = await this.#step(root, step, now)
    return { root, ...now }
  }

  async #step<Now extends Pick<Image, 'env' | 'cwd' | 'user'>>(
    root: string,
    { word, rest }: Step,
    now: Now,
  ): Promise<Now> {
    if (word === 'ENV') {
      const [name, value] = rest.split(/=(.*)/)
      return { ...now, env: { ...now.env, [name!]: value } }
    }
    if (word === 'USER') return { ...now, user: rest }
    if (word === 'WORKDIR') {
      await asRoot('mkdir', '-p', join(root, rest))
      return { ...now, cwd: rest }
    }
    if (word === 'COPY') await this.#copy(root, rest, now)
    if (word === 'RUN') {
      const { settings } = this.#npm
      const inside: Inside = { ...now, env: { ...now.env, ...this.#npm.env }, settings: settings! }
      await runInside(root, inside, ['/bin/sh', '-c', rest])
    }
    return now
  }

  /** A folder is copied by its content, a file into a folder that ends with a slash. */
  async #copy(root: string, rest: string, { cwd }: Pick<Image, 'cwd'>): Promise<void> {
    const words = rest.split(/\s+/)
    const stage = /^--from=(.*)$/.exec(words[0]!)?.[1]
    if (stage !== undefined) words.shift()
    const target = posix.resolve(cwd, words.at(-1)!)
    const isFolder = /[/]$/.test(words.at(-1)!)
    await asRoot('mkdir', '-p', join(root, isFolder ? target : posix.dirname(target)))
    for (const word of words.slice(0, -1)) {
      if (stage === undefined && !contextNames().has(word.split('/')[0]!)) {
        throw new Error(`${word} is not in the context: see .dockerignore`)
      }
      const from = join(stage === undefined ? ROOT : this.#roots.get(stage)!, word)
      const to = join(root, target)
      if (isFolder) await asRoot('cp', '-a', from, `${to}/`)
      else await asRoot('cp', '-aT', from, to)
    }
    await asRoot('chown', '-R', '0:0', join(root, target))
  }
}
