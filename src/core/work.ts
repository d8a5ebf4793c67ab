/** Slow work on the whole folder by an operator's command, and how far it is. */

export interface Work {
  readonly what: 'verify' | 'rebuild' | 'backup'
  /** Done so far. */
  readonly rows: number
  /** Of how many; unknown where only the end shows it. */
  readonly of?: number
}

/** Told now and then how many rows are done, and of how many, where that is known. */
export type Tell = (rows: number, of?: number) => void

/** Adds up: what it answers is told how many more there are. */
export function counting(tell: Tell, of?: number): (rows: number) => void {
  let done = 0
  return (rows) => tell(Math.round((done += rows)), of)
}
