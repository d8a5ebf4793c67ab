/** Starting and stopping a node: why it cannot start, and what is undone in which order. */
import { StoreError } from './core/store-port.js'
import { KeyExposed } from './storage/small-file.js'
import { ConfigInvalid } from './yaml-file.js'

/** `code` is stable. */
export class StartError extends Error {
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** The error of whatever part failed, with a stable code; bugs stay what they are. */
export function toStartError(error: unknown): unknown {
  const isTold = error instanceof KeyExposed || error instanceof ConfigInvalid
  if (error instanceof StoreError || isTold) {
    return new StartError(error.code, error.message, { cause: error })
  }
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    const message = 'another program listens on that address'
    return new StartError('address-in-use', message, { cause: error })
  }
  return error
}

/**
 * What has been started, to be stopped in reverse: by a stop, and by a start that fails half-way.
 */
export class Undo {
  readonly #steps: (() => Promise<void> | void)[] = []

  push(step: () => Promise<void> | void): void {
    this.#steps.push(step)
  }

  async unwind(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step()
  }
}
