/**
 * Lists of addresses and networks as other programs read them. Each ends with a line that says how
 * many there were, where the format has comments: a file that was cut never looks whole.
 */
import { placeOf } from '../../lookup/enforced.js'

export interface Listed {
  readonly value: string
}

export interface ListFormat {
  readonly type: string
  lines(values: readonly Listed[]): Generator<string>
}

const TEXT = 'text/plain; charset=utf-8'
/** Sets in kernels need their size told. */
const MAXELEM = 1_048_576

function end(values: readonly Listed[]): string {
  return `# end ${values.length}`
}

/** Also for URL tables and external dynamic lists of firewalls: nothing but values. */
function* plain(values: readonly Listed[]): Generator<string> {
  for (const { value } of values) yield value
}

function* haproxyMap(values: readonly Listed[]): Generator<string> {
  for (const { value } of values) yield `${value} block`
  yield end(values)
}

/** For `geo $blocked { include …; }`. */
function* nginxGeo(values: readonly Listed[]): Generator<string> {
  for (const { value } of values) yield `${value} 1;`
  yield end(values)
}

function ofVersion(values: readonly Listed[], version: 4 | 6): readonly Listed[] {
  return values.filter(({ value }) => placeOf(value).version === version)
}

/** One transaction, the same however often it is loaded. */
function* nftables(values: readonly Listed[]): Generator<string> {
  yield 'table inet tocsin {}'
  yield 'flush table inet tocsin'
  yield 'table inet tocsin {'
  for (const version of [4, 6] as const) {
    yield `  set blocked${version} {`
    yield `    type ipv${version}_addr; flags interval; auto-merge;`
    const elements = ofVersion(values, version).map(({ value }) => value)
    if (elements.length > 0) yield `    elements = { ${elements.join(',\n      ')} }`
    yield '  }'
  }
  yield '  chain input {'
  yield '    type filter hook prerouting priority -10; policy accept;'
  yield '    ip saddr @blocked4 drop'
  yield '    ip6 saddr @blocked6 drop'
  yield '  }'
  yield '}'
  yield end(values)
}

/** Filled aside and swapped in, so that there is no moment without a list. */
function* ipset(values: readonly Listed[]): Generator<string> {
  for (const version of [4, 6] as const) {
    const family = version === 4 ? 'inet' : 'inet6'
    const name = `tocsin${version}`
    const create = `hash:net family ${family} maxelem ${MAXELEM}`
    yield `create ${name} ${create} -exist`
    yield `create ${name}-new ${create} -exist`
    yield `flush ${name}-new`
    for (const { value } of ofVersion(values, version)) yield `add ${name}-new ${value} -exist`
    yield `swap ${name} ${name}-new`
    yield `destroy ${name}-new`
  }
  yield end(values)
}

export const LIST_FORMATS = {
  'plain.txt': { type: TEXT, lines: plain },
  'haproxy.map': { type: TEXT, lines: haproxyMap },
  'nginx-geo.conf': { type: TEXT, lines: nginxGeo },
  'nftables.nft': { type: TEXT, lines: nftables },
  'ipset.restore': { type: TEXT, lines: ipset },
} as const satisfies Readonly<Record<string, ListFormat>>
export type ListName = keyof typeof LIST_FORMATS

/** The whole file. */
export function listText(name: ListName, values: readonly Listed[]): string {
  let text = ''
  for (const line of LIST_FORMATS[name].lines(values)) text += `${line}\n`
  return text
}
