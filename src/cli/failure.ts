/** Why a command ends without success: a stable code for stderr and the exit status. */

/** 0 done, 1 refused or failed, 2 usage, 3 no node running. */
export type ExitCode = 0 | 1 | 2 | 3

export class Failure extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly exit: ExitCode = 1,
  ) {
    super(message)
  }
}

export function usage(message: string): Failure {
  return new Failure('usage', message, 2)
}
