/**
 * From what is on disk to the state in memory, and from the log to what the claims should be. The
 * claims are a view: where they are damaged, or their sums disagree with the rows, they are made
 * anew.
 */
import { openParts, readPayload, verifySeal } from '../core/envelope.js'
import type { FeedPage } from '../core/feed.js'
import { dayOf, StateSums } from '../core/heads.js'
import { peerNameOf, type AuthorId, type EnvelopeId } from '../core/identity.js'
import { LIMITS } from '../core/limits.js'
import type { VerifyReport } from '../core/ports.js'
import {
  StoreError,
  type ClaimChange,
  type Loaded,
  type Store,
  type SumChange,
} from '../core/store-port.js'
import { claimsFrom, takeSums, type ClaimsImage } from '../lookup/claims-image.js'
import type { HashKey } from '../lookup/half-siphash.js'
import type { ImageSource } from '../lookup/image.js'
import { LiveState } from '../lookup/live-state.js'
import { Draft } from '../lookup/draft.js'
import { sweptBefore } from './expiry.js'

export interface Restored {
  readonly state: LiveState
  /** Logs whose rows break off before their end. */
  readonly broken: readonly AuthorId[]
  /** Why the claims cannot be trusted, if so. */
  readonly doubt: string | undefined
  /** The claims are those of a checkpoint, and what came after its number. */
  readonly checkpoint?: {
    readonly number: number
    /** The latest day whose claims were dropped because their rows may have been. */
    readonly sweptDay?: number
  }
}

export interface RestoreOptions {
  /** Our organisation's name. */
  readonly name?: string
  readonly hashKey?: HashKey | undefined
  /** Read in place of the claim rows, where there is one and it fits them. */
  readonly checkpoint?: (() => Checkpoint | undefined) | undefined
}

/** What is read of a store to restore a state from it. */
export type Restorable = Pick<Store, 'load' | 'claims' | 'feedPage' | 'skipClaims'>

export interface Checkpoint extends ImageSource {
  /** Whether what was read is what was written. */
  isWhole(): boolean
}

/** Reads everything into memory. The claims are complete unless there is `doubt`. */
export async function restore(
  store: Restorable,
  own: AuthorId,
  now: number,
  { name = '', hashKey, checkpoint }: RestoreOptions = {},
): Promise<Restored> {
  const loaded = await store.load()
  const { broken } = loaded
  const empty = () => {
    const state = new LiveState(own, name, hashKey)
    state.restore(loaded, now)
    return state
  }
  const image = loaded.doubt === undefined ? claimsOf(checkpoint?.(), hashKey) : undefined
  if (image !== undefined && image.number <= loaded.number) {
    const state = empty()
    const place = await takeImage(image, { state, store, loaded, now })
    if (place !== undefined) return { state, broken, doubt: undefined, checkpoint: place }
  }
  const state = empty()
  const doubt = await readClaims(store, state, loaded, now)
  setSums(state, loaded)
  return { state, broken, doubt }
}

function claimsOf(file: Checkpoint | undefined, hashKey?: HashKey): ClaimsImage | undefined {
  if (file === undefined) return undefined
  const image = claimsFrom(file, hashKey)
  return file.isWhole() ? image : undefined
}

interface Restoring {
  readonly state: LiveState
  readonly store: Restorable
  readonly loaded: Loaded
  readonly now: number
}

/**
 * Takes over the claims of an image and what has been said since. Answers its place, or undefined
 * where that does not come to what was written.
 */
async function takeImage(
  { claims, sums, number }: ClaimsImage,
  { state, store, loaded, now }: Restoring,
): Promise<Restored['checkpoint'] | undefined> {
  state.hold(claims)
  takeSums(state.sums, sums)
  try {
    for (let at = number; at < loaded.number;) {
      const page = await store.feedPage(at, loaded.number, LIMITS.wantBytesMax)
      if (page.number <= at) return undefined
      state.apply(saidIn(page, state).changes())
      at = page.number
    }
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'row-damaged') throw error
    return undefined
  }
  if (sumsDiffer(loaded, state.sums, dayOf(now)) !== undefined) return undefined
  setSums(state, loaded)
  store.skipClaims()
  const day = sweptBefore(now)
  // Their rows may have been swept since, and then nothing would sweep them here.
  const dropped = state.claims.dropEnded(day)
  return { number, ...(dropped > 0 && { sweptDay: day - 1 }) }
}

/** What a page of the feed says that is about claims. */
function saidIn(page: FeedPage, state: LiveState): Draft {
  const draft = new Draft(state)
  for (const row of page.rows) {
    if ('change' in row || row.payload === null) continue
    const statements = readPayload(row.payload)
    if (!statements.ok) throw new StoreError('row-damaged', statements.code)
    draft.addStatements(row.envelope, statements.value)
  }
  return draft
}

function setSums(state: LiveState, { sums }: Loaded): void {
  for (const { author, day, lanes } of sums) if (lanes) state.sums.set(author, day, lanes)
}

/** Reads all rows; answers why they cannot be trusted, if so. */
async function readClaims(
  store: Restorable,
  state: LiveState,
  loaded: Loaded,
  now: number,
): Promise<string | undefined> {
  const sums = new StateSums()
  try {
    for await (const page of store.claims()) {
      for (const claim of page) {
        state.claims.set(claim.key, claim)
        for (const entry of claim.staircase) sums.change(entry, 1)
      }
    }
    return sumsDiffer(loaded, sums, dayOf(now))
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'row-damaged') throw error
    return error.message
  }
}

/** A lost claim row leaves no trace but this. Days gone by may have been swept. */
function sumsDiffer(loaded: Loaded, sums: StateSums, today: number): string | undefined {
  const held = new StateSums()
  for (const { author, day, lanes } of loaded.sums) if (lanes) held.set(author, day, lanes)
  return held.stateHash(today) === sums.stateHash(today)
    ? undefined
    : 'the claims on disk are not those that were written'
}

export interface Replay {
  readonly state: LiveState
  readonly logs: VerifyReport['logs']
}

/** Walks every log from its first envelope, checking each, and folds it into a new state. */
export async function replay(
  store: Pick<Store, 'logRows'>,
  of: LiveState,
  now: number,
): Promise<Replay> {
  const state = new LiveState(of.own)
  const logs: VerifyReport['logs'][number][] = []
  for (const author of [...of.heads.keys()].sort()) {
    const end = of.heads.get(author)!.seq
    logs.push(await replayLog(store, state, author, of.floorOf(author), end, now))
  }
  return { state, logs }
}

/**
 * Folds one log, from `floor` to `end`, into `state`; stops at the first thing wrong. As of `now`,
 * where it is given, no payload may be missing that others still need.
 */
export async function replayLog(
  store: Pick<Store, 'logRows'>,
  state: LiveState,
  author: AuthorId,
  floor: number,
  end: number,
  now = Infinity,
): Promise<VerifyReport['logs'][number]> {
  let seq = floor - 1
  let prev: EnvelopeId | null = null
  const result = (problem?: string) => {
    const entry = {
      peerId: peerNameOf(author),
      envelopes: seq - floor + 1,
      seq: end,
      ok: problem === undefined,
    }
    return problem === undefined ? entry : { ...entry, problem: `${problem} at ${seq + 1}` }
  }
  try {
    while (seq < end) {
      const rows = await store.logRows(author, seq + 1, end, LIMITS.wantBytesMax)
      if (rows.length === 0) return result('log-broken')
      const draft = new Draft(state)
      for (const row of rows) {
        const opened = openParts(row.header, row.signature, row.payload)
        if (!opened.ok) return result(opened.code)
        const sealed = verifySeal(opened.value)
        if (!sealed.ok) return result(sealed.code)
        if (opened.value.seq !== seq + 1 || (seq >= floor && opened.value.prev !== prev))
          return result('chain-mismatch')
        if (row.payload === null && now < opened.value.expires + LIMITS.payloadGraceMs)
          return result('payload-missing')
        draft.addEnvelope(opened.value, row.arrivedMs)
        seq++
        prev = opened.value.id
      }
      state.apply(draft.changes())
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return result(error.code)
  }
  return result()
}

const PAGE_ROWS = 1_000

/** All claims of a state as pages of rows, and its sums, for writing a view anew. */
export function* claimPages(state: LiveState): Generator<ClaimChange[]> {
  let page: ClaimChange[] = []
  for (const [key, authors] of state.claims.entries()) {
    for (const claims of authors) {
      page.push({ key, ...claims })
      if (page.length === PAGE_ROWS) {
        yield page
        page = []
      }
    }
  }
  if (page.length > 0) yield page
}

export function sumRows(state: LiveState): SumChange[] {
  return state.sums.entries()
}
