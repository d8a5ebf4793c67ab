/**
 * A world: honest nodes and liars, one time, one source of chance, one network. It starts and
 * kills runs, carries what they say, waits until nothing moves, and notes what everybody can see;
 * what must hold is in `invariants.ts`, what happens in `actions.ts`.
 */
import { createHash } from 'node:crypto'
import { open, type Envelope } from '../../src/core/envelope.js'
import type { AuthorId, EnvelopeId } from '../../src/core/identity.js'
import type { Judgement, Origin } from '../../src/core/ports.js'
import type { Changes } from '../../src/core/store-port.js'
import type { Outcome } from '../../src/core/outcome.js'
import { NOW } from '../support/lab.js'
import { Random } from '../support/random.js'
import type { CrashPoint } from './disk.js'
import { heldAgain } from './invariants.js'
import { Liar } from './liar.js'
import type { Line } from './line.js'
import { Network } from './network.js'
import { Node } from './node.js'
import { Run, type Ear } from './run.js'
import { Timers } from './timers.js'
import { touch, touchSome } from './touched.js'

/** What must never happen. */
export class Violation extends Error {}

/** A fault put into every run on purpose, to see that it is noticed. */
export interface Plant {
  readonly name: string
  /** Into the code all runs share; answers how to take it out. */
  readonly patch?: () => () => void
  readonly plant?: (run: Run, node: Node) => void
}

const TURNS_MAX = 5_000
const EVENTS_KEPT = 40

export class World implements Ear {
  readonly time = { now: NOW }
  readonly timers = new Timers(this.time)
  readonly random: Random
  readonly network: Network
  readonly nodes: readonly Node[]
  readonly liars: readonly Liar[]
  /** Lasts so long that logs are cut to their base. */
  readonly isLong: boolean
  readonly covered = new Set<string>()
  readonly events: string[] = []
  /** Every envelope anybody has made durable. */
  readonly book = new Map<EnvelopeId, Envelope>()
  /** What an honest author said under a number, as others know it. */
  readonly #said = new Map<string, EnvelopeId>()
  readonly #plant: Plant | undefined
  readonly #pending = new Set<{ readonly what: string; readonly runs: readonly Run[] }>()
  readonly #lines = new Map<Line, readonly Run[]>()
  readonly #trace = createHash('sha256')
  #violation: Violation | undefined
  step = 0

  constructor(seed: number, plant?: Plant) {
    this.random = new Random(seed)
    this.network = new Network(this.random)
    this.#plant = plant
    const honest = this.random.pick([5, 5, 5, 6])
    const liars = this.random.pick([0, 1, 1, 2])
    this.isLong = this.random.chance(0.12)
    if (this.isLong) this.cover('years')
    this.nodes = Array.from({ length: honest }, (_, i) => new Node(`n${i}`, i))
    this.liars = Array.from({ length: liars }, (_, i) => new Liar(`liar${i}`, this.random))
  }

  note(event: string): void {
    this.events.push(`${this.step} ${event}`)
    this.#trace.update(event)
    if (this.events.length > EVENTS_KEPT) this.events.shift()
  }

  /** Stands for everything that happened. Ends the notes. */
  trace(): string {
    return this.#trace.digest('hex')
  }

  cover(kind: string): void {
    this.covered.add(kind)
  }

  fail(what: string): void {
    this.#violation ??= new Violation(what)
  }

  get up(): (Node & { run: Run })[] {
    return this.nodes.filter((node): node is Node & { run: Run } => node.run !== undefined)
  }

  nodeOf(own: AuthorId): Node | undefined {
    return this.nodes.find((node) => node.own === own)
  }

  nameOf(author: AuthorId): string {
    return [...this.nodes, ...this.liars].find((one) => one.own === author)?.name ?? author
  }

  isHonest(author: AuthorId): boolean {
    return this.nodeOf(author) !== undefined
  }

  admits(node: Node, author: AuthorId): boolean {
    return author === node.own || node.run?.state.roster.memberOf(author) !== undefined
  }

  /** Whether a connection stands: both run, each admits the other, nothing is between them. */
  linked(one: Node, other: Node): boolean {
    return (
      one !== other &&
      this.admits(one, other.own) &&
      this.admits(other, one.own) &&
      this.network.reaches(one.name, other.name)
    )
  }

  linkedTo(node: Node, liar: Liar): boolean {
    return this.admits(node, liar.own) && this.network.reaches(node.name, liar.name)
  }

  async start(node: Node): Promise<void> {
    const wall = () => this.time.now + node.offMs
    const peers = () =>
      this.nodes.filter((other) => this.linked(node, other)).map((o) => this.time.now + o.offMs)
    const { name, seed, own, disk } = node
    const run = await Run.start(
      { name, seed, own, disk, wall, peers, monotonic: () => this.time.now },
      this,
    )
    this.#plant?.plant?.(run, node)
    this.note(`${node.name} starts`)
    await heldAgain(this, node, run)
    node.run = run
    touchSome(this, node)
  }

  /** Waits for `work` in `settle`; what a run does ends with the run. */
  track(what: string, runs: readonly Run[], work: Promise<unknown>): void {
    const entry = { what, runs }
    this.#pending.add(entry)
    work
      .catch((error: unknown) => this.fail(`${what}: ${String(error)}`))
      .finally(() => this.#pending.delete(entry))
  }

  open(line: Line, runs: readonly Run[]): void {
    this.#lines.set(line, runs)
  }

  close(line: Line): void {
    this.#lines.delete(line)
  }

  /** Until nothing moves any more. Throws what was found wrong on the way. */
  async settle(): Promise<void> {
    let quiet = 0
    for (let turn = 0; turn < TURNS_MAX && quiet < 2; turn++) {
      await new Promise((resolve) => setImmediate(resolve))
      quiet = this.#pending.size === 0 ? quiet + 1 : 0
    }
    if (quiet < 2) this.fail(`stuck: ${[...this.#pending].map(({ what }) => what).join(', ')}`)
    this.check()
  }

  check(): void {
    if (this.#violation !== undefined) throw this.#violation
  }

  died(run: Run, point: CrashPoint | 'idle'): void {
    const node = this.nodeOf(run.state.own)!
    this.note(`${node.name} dies ${point}`)
    this.cover(`crash ${point}`)
    node.run = undefined
    for (const entry of this.#pending) if (entry.runs.includes(run)) this.#pending.delete(entry)
    for (const [line, runs] of this.#lines) if (runs.includes(run)) line.cut()
    for (const ask of node.asked) node.failed(ask)
  }

  /** To every neighbour, as gossipsub floods what is our own. */
  published(run: Run, bytes: Uint8Array): void {
    const node = this.nodeOf(run.state.own)!
    const opened = open(bytes)
    if (!opened.ok) throw new Error(opened.code)
    const { seq, id } = opened.value
    if (node.held.at(node.own, seq)?.id !== id || node.disk.marked < seq)
      this.fail(`${node.name} publishes ${seq}, which is not durable`)
    this.#send(node, this.#neighbours(run), bytes)
  }

  sawEarly(run: Run): void {
    this.fail(`${this.nameOf(run.state.own)} shows what is not durable`)
  }

  judged(run: Run, origin: Origin, { judged, committed }: Judgement): void {
    const what = `${this.nodeOf(run.state.own)!.name} commits`
    this.track(
      what,
      [run],
      committed.then((outcome) => this.#blame(run, origin, outcome)),
    )
    this.#blame(run, origin, judged)
  }

  /**
   * Who forwards what an honest node would not have taken is charged for it: never an honest one.
   */
  #blame(run: Run, origin: Origin, outcome: Outcome): void {
    if (outcome.status !== 'refused' || origin.via === 'own') return
    if (!this.isHonest(origin.from)) return this.cover('refused')
    const [judge, sender] = [this.nameOf(run.state.own), this.nameOf(origin.from)]
    this.fail(`${judge} charges honest ${sender}: ${outcome.code}`)
  }

  committed(run: Run, changes: Changes): void {
    const node = this.nodeOf(run.state.own)!
    for (const { envelope } of changes.envelopes) this.witness(node, envelope, run.clock.now())
    touch(this, node, changes)
    for (const { change } of changes.own) {
      if (change.table === 'roster') node.admits(change.name, change.row)
    }
    for (const { proof, head } of changes.forks) {
      this.note(`${node.name} holds a proof: ${this.nameOf(proof.author)} ${proof.seq}`)
      this.cover('fork proven')
      // A log that began at a base which is forked has nothing left.
      node.held.end(proof.author, head === undefined ? 0 : proof.seq)
    }
  }

  /** An envelope has become durable. */
  witness(node: Node, envelope: Envelope, now: number): void {
    const { author, seq, id, payload } = envelope
    if (payload !== null || !this.book.has(id)) this.book.set(id, envelope)
    const wrong = node.held.add(this.book.get(id)!, now)
    if (wrong !== undefined) this.fail(`${node.name}, log of ${this.nameOf(author)}: ${wrong}`)
    if (!this.isHonest(author)) return
    const place = `${this.nameOf(author)} ${seq}`
    if ((this.#said.get(place) ?? id) !== id) this.fail(`${place} was used twice`)
    // What its author alone has seen may be lost with its disk, and said anew.
    if (author !== node.own) this.#said.set(place, id)
  }

  /** Takes the next messages from the network. */
  deliver(count: number): void {
    for (let i = 0; i < count; i++) {
      const next = this.network.next()
      if (next === undefined) return
      const { message, fate, late } = next
      if (late) this.cover('delay')
      if (fate !== 'delivered') this.cover(fate)
      if (fate !== 'lost') this.#arrive(message)
    }
  }

  #arrive({ from, to, bytes }: { from: string; to: string; bytes: Uint8Array }): void {
    const all = [...this.nodes, ...this.liars]
    const sender = all.find((one) => one.name === from)!
    const receiver = all.find((one) => one.name === to)!
    if (receiver instanceof Liar) return void receiver.heard.push(bytes)
    const up =
      sender instanceof Liar ? this.linkedTo(receiver, sender) : this.linked(receiver, sender)
    if (!up) return
    const run = receiver.run!
    const { judged } = run.accept(bytes, { via: 'gossip', from: sender.own })
    this.note(`${from} → ${to}: ${'code' in judged ? judged.code : judged.status}`)
    if (judged.status !== 'accepted' || !run.alive) return
    const others = this.#neighbours(run).filter((name) => name !== from)
    this.#send(receiver, this.random.some(others, 0.45), bytes)
  }

  #neighbours(run: Run): string[] {
    const node = this.nodeOf(run.state.own)!
    return [
      ...this.nodes.filter((other) => this.linked(node, other)),
      ...this.liars.filter((liar) => this.linkedTo(node, liar)),
    ].map(({ name }) => name)
  }

  #send(from: Node, to: readonly string[], bytes: Uint8Array): void {
    for (const name of to) this.network.send(from.name, name, bytes)
  }
}
