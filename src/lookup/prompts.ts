/** What a request's prompt has to say: read, matched and counted, without keeping a word of it. */
import { bytesOf } from '../core/identity.js'
import type { KeyRing } from '../core/key-ring.js'
import { Arming } from './arming.js'
import { EncounterBook, promptFinding, type PromptQuestion } from './prompt-match.js'
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

  /** Of what somebody has said something about. */
  findings(lookup: Lookup, prompted: Prompted, now: number): Finding[] {
    const { messages, hashes = {} } = prompted
    const read = messages === undefined ? undefined : this.#reader.read(messages)
    const question: PromptQuestion = {
      hashes: read?.hashes ?? Object.values(hashes).map(halves),
      account: prompted.account && this.#keyRing().pseudonym(prompted.account),
    }
    const sources = { encounters: this.#encounters, isArmed: this.#arming.isArmed }
    const sketched = promptFinding(lookup, question, sources, now)
    const exact = (read?.questions ?? []).map((one) => findingOn(lookup, one, now))
    const found = exact.filter(({ attributes }) => attributes.length > 0)
    return sketched === undefined ? found : [...found, sketched]
  }
}

function halves(hashes: readonly string[]): Uint32Array {
  const bytes = bytesOf(hashes.join(''))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => view.getUint32(4 * i))
}
