/** The node's answer to one item it was asked to say, in a line. */
import type { Answer } from './client.js'
import { shownValue } from './shown.js'

interface Said {
  readonly status: 'accepted' | 'duplicate'
  readonly type: string
  readonly value: string
  readonly envelope: string
}

export function envelopeOf(answer: Answer): string {
  const [result] = answer.body['results'] as readonly Said[]
  return result!.envelope
}

/** `words` for what it means here that it was accepted, or had been said already. */
export function resultOf(answer: Answer, words: Readonly<Record<Said['status'], string>>): string {
  const [result] = answer.body['results'] as readonly Said[]
  const { status, type, envelope } = result!
  return `${words[status]}  ${type} ${shownValue(result!)}  envelope ${envelope}`
}
