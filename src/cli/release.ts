/**
 * What to type to release whom a verdict meets, word for word, for a person who has no time to look
 * anything up: allowed here at once, and the others told that they are wrong.
 */
import type { ExplanationBody } from './explanation.js'
import { given, named } from './pasted.js'
import { columns } from './table.js'

/** Verdicts that somebody notices. */
const FELT: ReadonlySet<string> = new Set(['throttle', 'challenge', 'block'])

/** Nothing where nobody has to be released. */
export function releaseLines(explanations: readonly ExplanationBody[]): string[] {
  const rows = explanations
    .filter(({ verdict }) => FELT.has(verdict.action))
    .flatMap((explanation) => [...allowRows(explanation), ...wordRows(explanation)])
  if (rows.length === 0) return []
  // As comments, so that whole lines can be pasted.
  const told = new Map(rows.map(([command, effect]) => [command, [`  ${command}`, `# ${effect}`]]))
  return ['', 'To release a customer', columns([...told.values()], { isWhole: true })]
}

function allowRows({ verdict, changes }: ExplanationBody): [string, string][] {
  if (!changes.some(({ code }) => code === 'allow-entry')) return []
  const command = `tocsin allow add ${given(verdict)} --reason 'own customer'`
  return [[command, 'lets it pass here, at once; stays on this node']]
}

/** Of each key that has live reports: ours are taken back, those of others contradicted. */
function wordRows({ verdict, keys }: ExplanationBody): [string, string][] {
  return keys.flatMap((key) => {
    const reports = key.said.filter(
      ({ state, says }) => state === 'live' && says['kind'] === 'report',
    )
    const isOurs = reports.some(({ trust }) => trust === 'own')
    const theirs = new Set(reports.flatMap(({ trust, member }) => (trust === 'own' ? [] : member)))
    // Of a network somebody else may be meant.
    const reason = key.value === verdict.value ? 'own-customer' : 'shared-infrastructure'
    const rows: [string, string][] = []
    if (isOurs) {
      const command = `tocsin revoke ${named(key)} --reason own-customer`
      rows.push([command, 'takes back what this lab reported'])
    }
    if (theirs.size > 0) {
      const command = `tocsin dispute ${named(key)} --reason ${reason}`
      rows.push([command, `tells ${[...theirs].join(', ')} and everybody that it is wrong`])
    }
    return rows
  })
}
