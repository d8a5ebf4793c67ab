/**
 * What may leave of a key, for every export, stream and dialect alike: nothing of what is taken out
 * of the evidence, and of a network only what is not protected. Others' programs know no holes, so
 * these are cut out here.
 */
import { isHost, parseNetwork, type Network } from '../core/address.js'
import { typeByName, typeOf, type Indicator } from '../core/indicator.js'
import { LIMITS } from '../core/limits.js'
import { NetworkSet } from '../core/network-set.js'
import type { Guards } from '../policy/guards.js'

const CIDR = typeByName('net.cidr')!.code
const ADDRESS = { 4: typeByName('net.ipv4')!.code, 6: typeByName('net.ipv6')!.code } as const

/**
 * The key itself, its pieces, or nothing. `capped`: it leaves for something stronger than what
 * cloud lists permit, so what these name stays here, too.
 */
export function leaving(
  guards: Guards,
  key: Indicator,
  now: number,
  capped = false,
): readonly Indicator[] {
  const guard = guards.on(key, now)
  if (guard?.effect === 'out' || (capped && guard !== undefined)) return []
  if (typeOf(key.type).name !== 'net.cidr') return [key]
  const network = parseNetwork(key.value)
  if (!network.ok) return []
  const holes = guards.holes(network.value, now, capped)
  if (holes.length === 0) return [key]
  // One that would fall into too many pieces stays here whole: the safe side.
  const pieces = new NetworkSet(holes).carve(network.value, LIMITS.piecesMax) ?? []
  return pieces.map(indicatorOfNetwork)
}

function indicatorOfNetwork(network: Network): Indicator {
  const { version, text } = network
  if (!isHost(network)) return { type: CIDR, value: text }
  return { type: ADDRESS[version], value: text.slice(0, text.indexOf('/')) }
}
