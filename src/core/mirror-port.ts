/** What is told of a Redis that is kept equal to what acts. Types only. */

/** unreachable: no answer; refused: it answers with an error; shared: another node fills it. */
export type MirrorProblem = 'unreachable' | 'refused' | 'shared'

/** How a Redis that is kept equal to what acts stands. */
export interface MirrorStatus {
  /** When it was last known to be equal, in milliseconds since 1970 UTC; undefined: not yet. */
  readonly equalMs: number | undefined
  /** Keys that it then had of ours. */
  readonly entries: number
  /** Times that everything was written. */
  readonly resyncs: number
  /** Why it is not kept up now, if so. */
  readonly problem?: MirrorProblem
}
