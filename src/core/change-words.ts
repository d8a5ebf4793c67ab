/** What would change a verdict, in words: for the command line and the console alike. */

/** As an explanation has it. */
export interface ChangeShown {
  readonly code: string
  readonly action: string
  readonly member?: string
  readonly trust?: string
  readonly type?: string
  readonly value?: string
  readonly at?: string
  readonly members?: readonly string[]
}

const keyOf = ({ type = '', value = '' }: ChangeShown) => `${type} ${value}`
const theirs = ({ members = [] }: ChangeShown, what: string) =>
  `${members.length === 0 ? 'a' : `${members.join(' and ')}:`} ${what}`

const MEANING: Readonly<Record<string, (change: ChangeShown) => string>> = {
  resume: () => 'enforcement goes on',
  'shadow-off': () => 'nothing is in shadow',
  'allow-entry': () => 'you allow it',
  'own-report': () => 'you report it first-hand',
  'own-dispute': (change) => `you dispute ${keyOf(change)}`,
  revocation: ({ member }) => `${member} takes its reports back`,
  'dispute-withdrawn': ({ member }) => `${member} withdraws its dispute`,
  trust: ({ member, trust }) => `you trust ${member} as ${trust}`,
  'one-more-member': (change) => `one more member reports ${keyOf(change)} first-hand`,
  'report-ends': (change) => theirs(change, 'report ends'),
  'report-starts': (change) => theirs(change, 'report begins to act'),
  'report-decays': (change) => theirs(change, 'confidence falls below the floor'),
  'revocation-ends': (change) => theirs(change, 'revocation ends, what it took back returns'),
  'dispute-ends': (change) => theirs(change, 'dispute ends'),
  'sighting-ends': (change) => theirs(change, 'sighting ends'),
  'allow-ends': () => 'an allow entry ends',
  'pause-ends': () => 'the pause ends',
}

export function changeText(change: ChangeShown): string {
  const when = change.at === undefined ? '' : `${change.at}: `
  return `${when}${(MEANING[change.code] ?? (() => change.code))(change)}`
}
