/**
 * What the attributes of one request cause together that none causes alone: reports of enough
 * distinct members (or one of them our own) on enough kinds of evidence. Types whose alone cap is
 * `observe` are shared by too many to count as a kind; nothing lifts a key above its together cap.
 */
import { ACTION, type Action } from '../core/codes.js'
import { strongest, typeOf, type EvidenceKind, type Indicator } from '../core/indicator.js'
import type { Part } from './judge.js'
import type { Policy } from './rules.js'
import { capsOf } from './weight.js'

export interface Attribute {
  readonly key: Indicator
  readonly parts: readonly Part[]
}

const LIFTED = ['block', 'challenge'] as const satisfies readonly Action[]

/** The strongest action the attributes reach together; `allow` where they reach none. */
export function jointAction(
  policy: Policy,
  attributes: readonly Attribute[],
  shadow: boolean,
): Action {
  const counting = attributes.filter(({ key }) => capsOf(policy, key).alone !== 'observe')
  for (const action of LIFTED) {
    const kinds = new Set<EvidenceKind>()
    const members = new Set<string>()
    let own = false
    for (const { key, parts } of counting) {
      for (const part of parts) {
        if ((part.shadow && !shadow) || !asks(part, action)) continue
        kinds.add(typeOf(key.type).evidence)
        members.add(part.evidence.member)
        own ||= part.evidence.standing === 'own'
      }
    }
    const { request } = policy
    if (kinds.size >= request.kinds && (own || members.size >= request.members)) return action
  }
  return 'allow'
}

/** What an own report causes it causes alone; a member's is what it supports. */
function asks({ evidence, alone, support }: Part, action: Action): boolean {
  const reach = evidence.standing === 'own' ? strongest(alone, support) : support
  return ACTION.code(reach) >= ACTION.code(action)
}
