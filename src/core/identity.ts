/**
 * One Ed25519 key is a node: its libp2p PeerId and the author of its log. This file is the names of
 * that key (bytes, hex, PeerId) and the member card that people exchange.
 */
import { createHash } from 'node:crypto'
import { fromString, toString } from 'uint8arrays'

/** The public key in lower-case hex (64 characters). */
export type AuthorId = string & { readonly brand: 'AuthorId' }
/** SHA-256 of the envelope's header under its domain, lower-case hex. */
export type EnvelopeId = string & { readonly brand: 'EnvelopeId' }
/** The libp2p name of the same key (`12D3Koo…`). */
export type PeerName = string & { readonly brand: 'PeerName' }

/** Multihash "identity" of a protobuf { type: Ed25519, data: key } (libp2p peer-id spec). */
const PEER_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex')
}

export function authorOf(publicKey: Uint8Array): AuthorId {
  return hexOf(publicKey) as AuthorId
}

export function envelopeIdOf(digest: Uint8Array): EnvelopeId {
  return hexOf(digest) as EnvelopeId
}

const peerNames = new Map<AuthorId, PeerName>()

/** Memoised: base58 is slow and authors are few. */
export function peerNameOf(author: AuthorId): PeerName {
  let name = peerNames.get(author)
  if (name === undefined) {
    const bytes = Buffer.concat([PEER_PREFIX, bytesOf(author)])
    name = toString(bytes, 'base58btc') as PeerName
    if (peerNames.size > 4_096) peerNames.clear()
    peerNames.set(author, name)
  }
  return name
}

/** The author behind a PeerId, or undefined where it is not an Ed25519 one. */
export function authorOfPeer(name: string): AuthorId | undefined {
  if (name.length > 64 || !/^[1-9A-HJ-NP-Za-km-z]+$/.test(name)) return undefined
  const bytes = fromString(name, 'base58btc')
  if (bytes.length !== 38 || PEER_PREFIX.some((byte, i) => byte !== bytes[i])) return undefined
  return authorOf(bytes.subarray(6))
}

export interface Federation {
  readonly name: string
  /** 32 bytes in hex. */
  readonly networkId: string
  /** Newest first; none where the file names none. */
  readonly keys: readonly EpochKey[]
}

/** The key of an epoch of a federation. */
export interface EpochKey {
  /** 32 bytes in hex: a secret of the members. */
  readonly key: string
  /** Milliseconds since 1970 UTC. */
  readonly createdMs: number
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The built-in federation: id and key are public, so they separate and hide nothing. */
export const OPEN_FEDERATION: Federation = {
  name: 'open',
  networkId: sha256('tocsin/1/open'),
  keys: [{ key: sha256('tocsin/1/open/epoch/1'), createdMs: 0 }],
}

export interface Card {
  readonly peer: PeerName
  readonly addresses: readonly string[]
  /** First 16 hex digits of the network id: enough to notice a mix-up, short enough to read out. */
  readonly network?: string
  readonly name?: string
}

const CARD_NETWORK_DIGITS = 16
const CARD_LENGTH_MAX = 4_096

/** `tocsin:<peerId>@<multiaddr>[,…]?net=<id>&name=…` */
export function formatCard(
  author: AuthorId,
  addresses: readonly string[],
  federation: Federation,
  name: string,
): string {
  const query = new URLSearchParams({
    net: federation.networkId.slice(0, CARD_NETWORK_DIGITS),
    name,
  })
  return `tocsin:${peerNameOf(author)}@${addresses.join(',')}?${query.toString()}`
}

/** A card, or a bare PeerId. Undefined where it is neither. */
export function parseCard(text: string): Card | undefined {
  if (text.length > CARD_LENGTH_MAX) return undefined
  const card = text.trim()
  if (authorOfPeer(card) !== undefined) return { peer: card as PeerName, addresses: [] }
  const match = /^tocsin:([1-9A-HJ-NP-Za-km-z]{40,64})@([^?\s]*)(?:\?(\S*))?$/.exec(card)
  if (match === null) return undefined
  const [, peer, addresses, query] = match
  if (authorOfPeer(peer!) === undefined) return undefined
  const parameters = new URLSearchParams(query ?? '')
  const network = parameters.get('net')
  const name = parameters.get('name')
  return {
    peer: peer as PeerName,
    addresses: addresses === '' ? [] : addresses!.split(','),
    ...(network === null ? {} : { network }),
    ...(name === null ? {} : { name }),
  }
}

/** Whether a card's `net` names this federation. */
export function cardFits(card: Card, federation: Federation): boolean {
  return card.network === undefined || federation.networkId.startsWith(card.network)
}
