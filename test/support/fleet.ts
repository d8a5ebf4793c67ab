/**
 * Real nodes as real processes for the end-to-end tests, and the command line as a person runs it.
 * Every node and folder that was made is ended and removed by `close`.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LabProcess, until, type LabOptions } from '../../src/cli/lab-process.js'

export const PROGRAM = fileURLToPath(new URL('../../scripts/tocsin.mjs', import.meta.url))

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export class Fleet {
  readonly labs: LabProcess[] = []

  private constructor(readonly folder: string) {}

  static async open(): Promise<Fleet> {
    return new Fleet(await mkdtemp(join(tmpdir(), 'tocsin-e2e-')))
  }

  async lab(name: string, options: Partial<LabOptions> = {}): Promise<LabProcess> {
    const data = join(this.folder, name.toLowerCase().replaceAll(' ', '-'))
    const lab = await LabProcess.start({
      program: PROGRAM,
      name,
      data,
      flags: ['--log-level', 'warn'],
      ...options,
    })
    this.labs.push(lab)
    return lab
  }

  /** The same lab on another folder; it must have ended. */
  async moved(lab: LabProcess, data: string): Promise<LabProcess> {
    const moved = await lab.moveTo(data)
    this.labs.push(moved)
    return moved
  }

  /** Labs that all admit each other, linked. */
  async mesh(...names: readonly string[]): Promise<LabProcess[]> {
    const labs: LabProcess[] = []
    // A few at a time: twenty at once take longer to start than a start may.
    for (let i = 0; i < names.length; i += 4) {
      labs.push(...(await Promise.all(names.slice(i, i + 4).map((name) => this.lab(name)))))
    }
    for (const lab of labs) for (const other of labs) if (lab !== other) await lab.admit(other)
    await linked(labs, 60_000)
    return labs
  }

  /** Runs `tocsin …` against a lab's folder. */
  cli(lab: LabProcess | undefined, ...args: readonly string[]): Promise<Ran> {
    return run([...(lab === undefined ? [] : ['--data', lab.data]), ...args])
  }

  /** The same with a value on stdin, as a person or script gives it where it is `-`. */
  given(lab: LabProcess, value: string, ...args: readonly string[]): Promise<Ran> {
    return run(['--data', lab.data, ...args], {}, `${value}\n`)
  }

  async close(): Promise<void> {
    await Promise.all(this.labs.map((lab) => lab.end()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

export function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 64 << 20, timeout: 300_000 }
    const words = [PROGRAM, ...args]
    const child = execFile(process.execPath, words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
    if (input !== undefined) child.stdin!.end(input)
  })
}

export function linked(labs: readonly LabProcess[], timeoutMs = 30_000): Promise<number> {
  const all = async () => {
    const answers = await Promise.all(labs.map((lab) => lab.request('GET', '/v1/peers')))
    return answers.every(({ body }) => {
      const peers = body['peers'] as { link: string }[]
      return peers.length >= labs.length - 1 && peers.every((peer) => peer.link === 'up')
    })
  }
  // Each question costs a node some time, and many ask many.
  return until('all labs linked', all, timeoutMs, 10 * labs.length)
}

const COMPARED = ['live', 'logHash', 'stateHash'] as const

/** Waits until all labs hold the same; answers how long that took in milliseconds. */
export function equal(labs: readonly LabProcess[], timeoutMs = 60_000): Promise<number> {
  const same = async () => {
    const all = await Promise.all(labs.map((lab) => lab.status()))
    return COMPARED.every((field) => new Set(all.map((status) => status[field])).size === 1)
  }
  return until('all labs hold the same', same, timeoutMs, 50)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!
}
