/**
 * What never acts, or acts less, whoever reports it: the one mechanism behind the publish guard,
 * look-ups, streams and exports. Asked about the attribute of a question and about the key that a
 * report names, alike. Strongest first:
 *  1. an allow entry for the whole request (not where publishing is asked about);
 *  2. special-purpose ranges and names; documentation ones, too, where the policy says so;
 *  3. this node's and its members' own addresses;
 *  4. allow entries, until the very millisecond they end;
 *  5. warning lists, shipped and loaded, of which documentation ranges and names are exempt unless
 *     the policy says otherwise; a loaded list replaces the shipped one of its name.
 * A network is guarded where all of it is; where a part is, it loses that part: `holes`.
 */
import type { Network } from '../core/address.js'
import { keyOf, typeOf, type Question } from '../core/indicator.js'
import { NetworkSet } from '../core/network-set.js'
import type { AllowEntry, OwnRows, WarningList } from '../core/own-rows.js'
import type { Policy } from './rules.js'
import { isDocumentation, isDocumentationNetwork, isSpecialPurpose } from './special-ranges.js'
import { placeOfIndicator, ValueSet } from './value-set.js'

export interface Guard {
  /** out: taken out of the evidence. cap: acts at most up to the policy's cap for clouds. */
  readonly effect: 'out' | 'cap'
  /**
   * Shown as the reason why a report is held: `special-purpose`, `own-address`, `allowed`, or
   * `list:` and the list's name.
   */
  readonly name: string
  /** An allow entry that allows the whole request. */
  readonly request?: boolean
}

export interface Guards {
  /**
   * What guards an indicator at `now`; `out` before `cap`. `publishing` asks whether we may report
   * it: a report cannot be carved, so a network or domain with an own address in it is guarded.
   */
  on(indicator: Question, now: number, publishing?: boolean): Guard | undefined
  /**
   * The disjoint protected networks inside a network, which it loses: sorted, none nested. With
   * `capped` also those of cloud lists.
   */
  holes(network: Network, now: number, capped?: boolean): readonly Network[]
}

/** What an operator may publish all the same, with a reason. */
export function isForcible({ name }: Guard): boolean {
  return name !== SPECIAL.name && name !== OWN.name
}

const SPECIAL: Guard = { effect: 'out', name: 'special-purpose' }
const OWN: Guard = { effect: 'out', name: 'own-address' }
const ALLOWED: Guard = { effect: 'out', name: 'allowed' }
const REQUEST: Guard = { ...ALLOWED, request: true }

export interface GuardSources {
  /** The tables `allow` and `lists`. */
  readonly rows: Pick<OwnRows, 'of' | 'revision'>
  readonly shipped: readonly WarningList[]
  /** Of this node and its members. */
  readonly hosts: (now: number) => ValueSet
  readonly policy: () => Policy
}

interface ReadyList {
  readonly guard: Guard
  readonly values: ValueSet
}

export class GuardBook implements Guards {
  readonly #sources: GuardSources
  #allowed = AllowedNow.NONE
  #lists: readonly ReadyList[] = []
  #listsOf: { readonly revision: number; readonly policy: Policy } | undefined
  #basis: { readonly policy: Policy; readonly hosts: ValueSet } | undefined

  constructor(sources: GuardSources) {
    this.#sources = sources
  }

  on(indicator: Question, now: number, publishing = false): Guard | undefined {
    const { documentation } = this.#sources.policy().lists
    const allowed = this.#allowedAt(now)
    const place = placeOfIndicator(indicator)
    if (!publishing && allowed.requests.covers(indicator, place)) return REQUEST
    const isExample = isDocumentation(indicator, place)
    if (isSpecialPurpose(indicator, place) || (isExample && documentation)) return SPECIAL
    const hosts = this.#sources.hosts(now)
    if (hosts.covers(indicator, place) || (publishing && hosts.reaches(indicator))) return OWN
    if (allowed.all.covers(indicator, place)) return ALLOWED
    if (isExample) return undefined
    return this.#listsNow().find(({ values }) => values.covers(indicator, place))?.guard
  }

  holes(network: Network, now: number, capped = false): readonly Network[] {
    const { documentation } = this.#sources.policy().lists
    const always = [this.#sources.hosts(now), this.#allowedAt(now).all]
    const found = always.flatMap((values) => values.within(network))
    for (const { guard, values } of this.#listsNow()) {
      if (guard.effect === 'cap' && !capped) continue
      const inside = values.within(network)
      found.push(...inside.filter((part) => documentation || !isDocumentationNetwork(part)))
    }
    return found.length < 2 ? found : [...new NetworkSet(found)]
  }

  /** Another object with every change of what guards rest on besides rows: policy, own hosts. */
  basis(now: number): unknown {
    const policy = this.#sources.policy()
    const hosts = this.#sources.hosts(now)
    if (this.#basis?.policy !== policy || this.#basis.hosts !== hosts) {
      this.#basis = { policy, hosts }
    }
    return this.#basis
  }

  #allowedAt(now: number): AllowedNow {
    const revision = this.#sources.rows.revision('allow')
    if (!this.#allowed.holds(revision, now)) {
      this.#allowed = new AllowedNow(this.#sources.rows.of('allow').values(), revision, now)
    }
    return this.#allowed
  }

  /** Those in force, `out` before `cap`. */
  #listsNow(): readonly ReadyList[] {
    const policy = this.#sources.policy()
    const revision = this.#sources.rows.revision('lists')
    if (this.#listsOf?.revision !== revision || this.#listsOf.policy !== policy) {
      const lists = listsInForce(this.#sources, policy).map(readyList)
      this.#lists = lists.sort((a, b) => Number(isCap(a)) - Number(isCap(b)))
      this.#listsOf = { revision, policy }
    }
    return this.#lists
  }
}

/** Loaded lists, and the shipped ones that the policy uses and no loaded one replaces. */
export function listsInForce(
  { rows, shipped }: Pick<GuardSources, 'rows' | 'shipped'>,
  policy: Policy,
): readonly WarningList[] {
  const loaded = rows.of('lists')
  const standing = shipped.filter(
    ({ name }) => !loaded.has(name) && !policy.lists.without.includes(name),
  )
  return [...standing, ...loaded.values()]
}

function isCap({ guard }: ReadyList): boolean {
  return guard.effect === 'cap'
}

/** A list of 60,000 values takes a while to make ready: once per list, not once per change. */
const ready = new WeakMap<WarningList, ReadyList>()

function readyList(list: WarningList): ReadyList {
  let made = ready.get(list)
  if (made === undefined) {
    const effect = list.effect === 'never' ? 'out' : 'cap'
    const emailDomains = list.emailDomains ? list.domains : []
    made = {
      guard: { effect, name: `list:${list.name}` },
      values: new ValueSet({ networks: list.networks, domains: list.domains, emailDomains }),
    }
    ready.set(list, made)
  }
  return made
}

/** The allow entries that hold from the last end of one to the next. */
class AllowedNow {
  static readonly NONE = new AllowedNow([], -1, 0)
  readonly all: ValueSet
  /** Those for the whole request. */
  readonly requests: ValueSet
  readonly #revision: number
  #fromMs = -Infinity
  #untilMs = Infinity

  constructor(entries: Iterable<AllowEntry>, revision: number, now: number) {
    const live: AllowEntry[] = []
    for (const entry of entries) {
      const { untilMs = Infinity } = entry
      if (untilMs > now) {
        live.push(entry)
        this.#untilMs = Math.min(this.#untilMs, untilMs)
      } else this.#fromMs = Math.max(this.#fromMs, untilMs)
    }
    this.#revision = revision
    this.all = valuesOf(live)
    this.requests = valuesOf(live.filter(({ request }) => request))
  }

  holds(revision: number, now: number): boolean {
    return revision === this.#revision && now >= this.#fromMs && now < this.#untilMs
  }
}

function valuesOf(entries: readonly AllowEntry[]): ValueSet {
  const named = (...names: readonly string[]) =>
    entries.filter(({ type }) => names.includes(typeOf(type).name)).map(({ value }) => value)
  return new ValueSet({
    networks: named('net.ipv4', 'net.ipv6', 'net.cidr'),
    domains: named('net.domain'),
    emailDomains: named('actor.email-domain'),
    keys: entries.map(keyOf),
  })
}
