/** `id`: the member card to hand to others, of a running node or of its folder. */
import { createHash } from 'node:crypto'
import type { Command } from 'commander'
import { authorOfPeer, bytesOf, parseCard } from '../core/identity.js'
import { Failure } from './failure.js'
import type { Shell } from './shell.js'

export function idCommand(program: Command, shell: Shell): void {
  program
    .command('id')
    .description('print the member card')
    .option('--words', 'print the key’s fingerprint as words to read out instead')
    .action(async (options: { words?: boolean }) => {
      const card = await cardOf(shell)
      if (options.words === true) shell.print(wordsOf(card))
      else if (!shell.json) shell.print(card)
    })
}

async function cardOf(shell: Shell): Promise<string> {
  try {
    return (await shell.ask({ method: 'GET', path: '/v1/id' })).body['card'] as string
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'no-node' || shell.isRemote) throw error
    const { cardOf: cardOfFolder } = await import('../offline.js')
    const card = await cardOfFolder(shell.config())
    if (shell.json) shell.print(JSON.stringify({ card }))
    return card
  }
}

const CONSONANTS = 'bdfghjklmnprstvz'
const VOWELS = 'aiou'
const WORDS = 8

/**
 * 128 bits of the key's SHA-256 as proquints (Wilkerson, arXiv:0901.4016): sixteen bits each,
 * consonants and vowels in turn, pronounceable in most languages and without a word list.
 */
export function wordsOf(card: string): string {
  const author = authorOfPeer(parseCard(card)?.peer ?? '')
  if (author === undefined) throw new Failure('card-malformed', 'the node’s card is not one')
  const digest = createHash('sha256').update(bytesOf(author)).digest()
  return Array.from({ length: WORDS }, (_, i) => proquint(digest.readUInt16BE(2 * i))).join(' ')
}

export function proquint(bits: number): string {
  const consonant = (shift: number) => CONSONANTS[(bits >> shift) & 15]!
  const vowel = (shift: number) => VOWELS[(bits >> shift) & 3]!
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0)
}
