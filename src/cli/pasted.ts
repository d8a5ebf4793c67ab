/** Words of a command line that the program prints, ready to be pasted into a shell. */
import { typeByName } from '../core/indicator.js'
import { shownValue } from './shown.js'

interface Question {
  readonly type: string
  readonly value: string
}

/** For a shell, where it has characters that mean something to one. */
export function quoted(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** Type and value. A keyed value itself is known to whoever asks, and is given on stdin. */
export function given({ type, value }: Question): string {
  return `${type} ${isKeyed(type) ? '-' : quoted(value)}`
}

/** Type and value where the hash of a keyed one is enough. */
export function named({ type, value }: Question): string {
  return `${type} ${isKeyed(type) ? `keyed:${shownValue({ type, value })}` : quoted(value)}`
}

function isKeyed(type: string): boolean {
  return typeByName(type)?.privacy === 'keyed'
}
