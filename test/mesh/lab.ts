/**
 * Nodes for the mesh tests: a real `Mesh` on loopback over an in-memory log, stopped after each
 * test.
 */
import { randomBytes } from 'node:crypto'
import { toBytes, type Envelope } from '../../src/core/envelope.js'
import type { AuthorId } from '../../src/core/identity.js'
import type { Statement } from '../../src/core/statement.js'
import type { Link } from '../../src/core/mesh-port.js'
import { putMember, type Member, type Role } from '../../src/core/roster.js'
import { Mesh } from '../../src/mesh/mesh.js'
import type { MeshTimings } from '../../src/mesh/timings.js'
import { MemoryLog, Pen } from '../support/memory-log.js'
import { until } from '../support/until.js'

export const NETWORK = 'ab'.repeat(32)

export interface Line {
  readonly code: string
  readonly fields: Readonly<Record<string, unknown>>
}

export interface Party {
  readonly author: AuthorId
  readonly addresses: () => readonly string[]
}

export class Lab implements Party {
  static readonly #running = new Set<Lab>()
  readonly pen: Pen
  readonly log: MemoryLog
  readonly lines: Line[] = []
  readonly author: AuthorId
  /** What members said of the time. */
  readonly times = new Map<AuthorId, number>()
  #mesh: Mesh | undefined

  private constructor(
    readonly seed: Uint8Array,
    readonly networkId: string,
    readonly timings: Partial<MeshTimings>,
  ) {
    this.pen = new Pen(seed, networkId)
    this.author = this.pen.author
    this.log = new MemoryLog(this.author, networkId)
  }

  static async start(
    options: { readonly timings?: Partial<MeshTimings>; readonly networkId?: string } = {},
  ): Promise<Lab> {
    const lab = new Lab(
      new Uint8Array(randomBytes(32)),
      options.networkId ?? NETWORK,
      options.timings ?? {},
    )
    Lab.#running.add(lab)
    await lab.up()
    return lab
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...Lab.#running].map((lab) => lab.down()))
    Lab.#running.clear()
  }

  get mesh(): Mesh {
    if (this.#mesh === undefined) throw new Error('this lab is down')
    return this.#mesh
  }

  readonly addresses = (): readonly string[] => this.#mesh?.addresses() ?? this.#listened

  #listened: readonly string[] = ['/ip4/127.0.0.1/tcp/0']

  /** Listens where it listened before, so that others find it again. */
  async up(): Promise<void> {
    const write = (code: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      this.lines.push({ code, fields })
    }
    this.#mesh = new Mesh(
      {
        seed: this.seed,
        networkId: this.networkId,
        listen: this.#listened,
        announce: [],
        timings: this.timings,
      },
      {
        accept: this.log.accept,
        roster: () => this.log.roster,
        heads: () => this.log.heads,
        floorOf: () => 1,
        forks: () => new Map(),
        damaged: () => new Map(),
        hearTime: (author, theirsMs) => this.times.set(author, theirsMs),
        readLog: this.log.readLog,
        own: this.author,
        clock: () => Date.now(),
        log: { debug: () => undefined, info: write, warn: write, error: write },
      },
    )
    await this.#mesh.start()
    this.#listened = this.#mesh.addresses()
  }

  async down(): Promise<void> {
    await this.#mesh?.stop()
    this.#mesh = undefined
  }

  /** With `dial: false` the key is admitted without an address. */
  admit(party: Party, options: { readonly role?: Role; readonly dial?: boolean } = {}): void {
    const member: Member = {
      name: party.author,
      role: options.role ?? 'member',
      trust: 'corroborate',
      keys: [{ author: party.author, addresses: options.dial === false ? [] : party.addresses() }],
      addedMs: 0,
    }
    this.log.roster = this.log.roster.with(putMember(member))
  }

  remove(party: Party): void {
    this.log.roster = this.log.roster.with({ table: 'roster', name: party.author, row: null })
  }

  link(party: Party): Link | undefined {
    return this.mesh.links().find((link) => link.author === party.author)
  }

  isUp(party: Party): boolean {
    return this.link(party)?.link === 'up'
  }

  /** Writes into the own log without telling anybody. */
  write(statements?: readonly Statement[]): Envelope {
    const envelope = this.pen.write(statements)
    const { judged } = this.log.accept(toBytes(envelope), { via: 'own' })
    if (judged.status !== 'accepted') throw new Error(`own envelope: ${judged.status}`)
    return envelope
  }

  async publish(statements?: readonly Statement[]): Promise<Envelope> {
    const envelope = this.write(statements)
    await this.mesh.publish(toBytes(envelope))
    return envelope
  }

  holds(envelope: Envelope): boolean {
    return this.log.seq(envelope.author) >= envelope.seq
  }

  logged(code: string): boolean {
    return this.lines.some((line) => line.code === code)
  }

  /** How often a line was written with these fields. */
  count(code: string, fields: Line['fields']): number {
    const wanted = Object.entries(fields)
    const fits = (line: Line) => wanted.every(([name, value]) => line.fields[name] === value)
    return this.lines.filter((line) => line.code === code && fits(line)).length
  }
}

export function introduce(...labs: readonly Lab[]): void {
  for (const lab of labs) for (const other of labs) if (lab !== other) lab.admit(other)
}

export async function linked(...labs: readonly Lab[]): Promise<void> {
  await until(() => labs.every((lab) => labs.every((other) => lab === other || lab.isUp(other))), {
    what: 'all links up',
    timeoutMs: 10_000 + 6_000 * labs.length,
  })
}
