/** What a request's prompt has to say: read, matched and counted, without keeping a word of it. */
import { bytesOf } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { KeyRing } from '../core/key-ring.js'
import { Arming } from './arming.js'
import { EncounterBook, matchesOf, promptFinding, type PromptQuestion } from './prompt-match.js'
import { distinct } from './sketch-index.js'
import { SketchQuota } from './sketch-quota.js'
import { PromptReader } from './prompt-reader.js'
import { findingOn, type Finding, type Lookup } from './verdict.js'

/** A prompt, or what its sender made of it; and whose it is, where that is known. */
export interface Prompted {
  readonly account?: string | undefined
  readonly messages?: readonly string[] | undefined
  /** Hashes of shingles, 16 hexadecimal digits each, by the id of the epoch key. */
  readonly hashes?: Readonly<Record<string, readonly string[]>> | undefined
}

export class Prompts {
  readonly #keyRing: () => KeyRing
  readonly #reader: PromptReader
  readonly #arming: Arming
  readonly #encounters = new EncounterBook()
  readonly #quota = new SketchQuota()
  readonly #common: ReadonlySet<string>

  /** `common`: shingles of ordinary prompts; `benign`: some of this operator's own. */
  constructor(keyRing: () => KeyRing, common: ReadonlySet<string>, benign: readonly string[] = []) {
    this.#keyRing = keyRing
    this.#common = common
    this.#reader = new PromptReader(keyRing)
    this.#arming = new Arming(common, () => keyRing().hashers, benign)
    this.#arming.prepare()
  }

  /** Whether a prompt can be read here: a replica without epoch keys cannot. */
  get canRead(): boolean {
    return this.#keyRing().hashers.length > 0
  }

  /** Without those of ordinary prompts. */
  specific(shingles: readonly string[]): string[] {
    return shingles.filter((one) => !this.#common.has(one))
  }

  /** Whether a prompt contains enough of a sketch to be counted, where that is done elsewhere. */
  isMet(lookup: Lookup, prompted: Prompted): boolean {
    return matchesOf(lookup, this.#hashes(prompted)).some(({ band }) => band === 'act')
  }

  /** What stands for a prompt; undefined where that is more than may be asked about. */
  hashesFor(prompted: Prompted): Prompted['hashes'] | undefined {
    const all = this.#hashes(prompted).map(distinct)
    if (all.some(({ length }) => length > 2 * LIMITS.promptHashesMax)) return undefined
    const ids = this.#keyRing().hashers.map(({ keyId }) => keyId)
    return Object.fromEntries(ids.map((id, i) => [id, hexes(all[i]!)]))
  }

  #hashes({ messages, hashes = {} }: Prompted): readonly Uint32Array[] {
    if (messages !== undefined) return this.#reader.read(messages).hashes
    return this.#keyRing().hashers.map(({ keyId }) => halves(hashes[keyId] ?? []))
  }

  /** Of what somebody has said something about. */
  findings(lookup: Lookup, prompted: Prompted, now: number): Finding[] {
    const { messages } = prompted
    const read = messages === undefined ? undefined : this.#reader.read(messages)
    const question: PromptQuestion = {
      hashes: read?.hashes ?? this.#hashes(prompted),
      account: prompted.account && this.#keyRing().pseudonym(prompted.account),
    }
    const { isArmed } = this.#arming
    const sources = { encounters: this.#encounters, isArmed, quota: this.#quota }
    const sketched = promptFinding(lookup, question, sources, now)
    const exact = (read?.questions ?? []).map((one) => findingOn(lookup, one, now))
    const found = exact.filter(({ attributes }) => attributes.length > 0)
    return sketched === undefined ? found : [...found, sketched]
  }
}

/** Sixteen digits for each pair of halves. */
function hexes(pairs: Uint32Array): string[] {
  const half = (value: number) => value.toString(16).padStart(8, '0')
  return Array.from({ length: pairs.length / 2 }, (_, i) => {
    return half(pairs[2 * i]!) + half(pairs[2 * i + 1]!)
  })
}

function halves(hashes: readonly string[]): Uint32Array {
  const bytes = bytesOf(hashes.join(''))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i))
}
