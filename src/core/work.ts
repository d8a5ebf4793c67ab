/** Slow work on the whole folder by an operator's command, and how far it is. */

export interface Far {
  /** Done so far. */
  readonly rows: number
  /** Of how many; unknown where only the end shows it. */
  readonly of?: number
}

export interface Work extends Far {
  readonly what: 'verify' | 'rebuild' | 'backup'
}

/** Told now and then. */
export type Tell = (far: Far) => void

/** Adds up: what it answers is told how many more there are. */
export function counting(tell: Tell, of: number): (rows: number) => void {
  let done = 0
  return (rows) => tell({ rows: Math.round((done += rows)), of })
}
