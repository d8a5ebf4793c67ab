/** Lines gathered into pieces worth a write; others get their turn between two of them. */
import { setImmediate as nextTurn } from 'node:timers/promises'

const PIECE_CHARS = 64 * 1024

/** Each line with its end. */
export async function* piecesOf(
  lines: Iterable<string> | AsyncIterable<string>,
): AsyncGenerator<Buffer> {
  let piece = ''
  for await (const line of lines) {
    piece += `${line}\n`
    if (piece.length < PIECE_CHARS) continue
    yield Buffer.from(piece)
    piece = ''
    await nextTurn()
  }
  if (piece !== '') yield Buffer.from(piece)
}
