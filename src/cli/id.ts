/** `id`: the member card to hand to others, of a running node or of its folder. */
import type { Command } from 'commander'
import { fingerprintOf } from '../core/fingerprint.js'
import { authorOfPeer, parseCard } from '../core/identity.js'
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

export function wordsOf(card: string): string {
  const author = authorOfPeer(parseCard(card)?.peer ?? '')
  if (author === undefined) throw new Failure('card-malformed', 'the node’s card is not one')
  return fingerprintOf(author)
}
