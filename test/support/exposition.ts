/**
 * Reads Prometheus' text form as a server does, and throws at the first line that is not: families
 * announced once and before their samples, names and labels in form, no sample twice.
 */
const FAMILY = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(?:,|$)/y
const TYPES = ['counter', 'gauge', 'histogram', 'summary']
const ESCAPED: Readonly<Record<string, string>> = { '\\n': '\n', '\\"': '"', '\\\\': '\\' }

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Exposition {
  readonly samples: readonly Sample[]
  readonly types: ReadonlyMap<string, string>
  /** The one sample that has (at least) these labels; throws where there is not exactly one. */
  value(name: string, labels?: Sample['labels']): number
}

export function readExposition(text: string): Exposition {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  for (const line of text.split('\n')) {
    if (line === '') continue
    const [, kind, family, rest] = FAMILY.exec(line) ?? []
    if (kind === 'TYPE') {
      if (types.has(family!) || !TYPES.includes(rest!)) throw new Error(line)
      types.set(family!, rest!)
    } else if (kind === undefined) {
      const sample = readSample(line)
      const family = familyOf(sample.name, types)
      const identity = line.slice(0, line.lastIndexOf(' '))
      if (family === undefined || seen.has(identity)) throw new Error(line)
      seen.add(identity)
      samples.push(sample)
    }
  }
  const value = (name: string, labels: Sample['labels'] = {}) => {
    const wanted = Object.entries(labels)
    const fit = samples.filter(
      (one) => one.name === name && wanted.every(([label, is]) => one.labels[label] === is),
    )
    if (fit.length !== 1) throw new Error(`${fit.length} × ${name} ${JSON.stringify(labels)}`)
    return fit[0]!.value
  }
  return { samples, types, value }
}

function familyOf(name: string, types: ReadonlyMap<string, string>): string | undefined {
  return [name, name.replace(/_(?:bucket|sum|count)$/, '')].find((family) => types.has(family))
}

function readSample(line: string): Sample {
  const [, name, labels = '', number] = SAMPLE.exec(line) ?? []
  const value = number === 'Nan' || number === '+Inf' ? Infinity : Number(number)
  if (name === undefined || Number.isNaN(value)) throw new Error(line)
  const read: Record<string, string> = {}
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < labels.length) {
    const [, label, quoted] = LABEL.exec(labels) ?? []
    if (label === undefined || label in read) throw new Error(line)
    read[label] = quoted!.replace(/\\./g, (pair) => ESCAPED[pair]!)
  }
  return { name, labels: read, value }
}
