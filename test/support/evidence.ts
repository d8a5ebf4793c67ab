/** Evidence on one key from little: who says it, and what differs from an ordinary report. */
import type { AuthorId } from '../../src/core/identity.js'
import type { Indicator } from '../../src/core/indicator.js'
import type { Member, Role, Trust } from '../../src/core/roster.js'
import type { Report } from '../../src/core/statement.js'
import { judge, type Evidence, type Judged } from '../../src/policy/judge.js'
import { DEFAULT_POLICY } from '../../src/policy/rules.js'
import { refOf, report, T0 } from './samples.js'

export interface Said extends Partial<Report> {
  readonly by?: string
  readonly key?: number
  readonly trust?: Trust
  readonly role?: Role
  readonly time?: number
  readonly forked?: boolean
}

function evidence({ by = 'B', key = 0, trust, role, time = T0, forked, ...said }: Said): Evidence {
  const author = `${by}/${key}` as AuthorId
  const member: Member = {
    name: by,
    role: role ?? 'member',
    trust: trust ?? 'corroborate',
    keys: [],
    addedMs: 0,
  }
  return {
    claim: { envelope: refOf(author, 1, time), index: 0, report: report(said) },
    member: by,
    forked: forked ?? false,
    standing: by === 'own' ? 'own' : member,
  }
}

const keyOfFirst = (said: readonly Said[]): Indicator => ({
  type: said[0]?.type ?? 1,
  value: said[0]?.value ?? '198.51.100.7',
})

export function judged(said: readonly Said[], now = T0, key = keyOfFirst(said)): Judged {
  return judge(
    DEFAULT_POLICY,
    key,
    said.map((one) => evidence({ ...key, ...one })),
    now,
  )
}
