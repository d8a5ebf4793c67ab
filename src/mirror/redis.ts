/**
 * One connection to a Redis. It does not come back by itself: whoever holds it finds out that it is
 * gone, and makes another one, because nothing that was true before is known of what is then there.
 * What is sent waits for its answer, batch by batch, so a Redis that is slow or gone costs no more
 * memory than one batch.
 */
import { createClient } from '@redis/client'
import { SECOND_MS } from '../core/limits.js'

export type Command = readonly string[]

/** Answers come in the order of the commands; the first error is thrown. */
export interface Redis {
  send(commands: readonly Command[]): Promise<readonly unknown[]>
  close(): void
}

const CONNECT_MS = 5 * SECOND_MS
/** Without an answer for so long it is taken for gone: it is asked every second. */
const SILENCE_MS = 10 * SECOND_MS

export async function connectRedis(url: string, signal: AbortSignal): Promise<Redis> {
  const client = createClient({
    url,
    // The older protocol, which every Redis and what is compatible with it speaks.
    RESP: 2,
    // Two commands less that a narrow ACL would have to allow.
    disableClientInfo: true,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_MS, socketTimeout: SILENCE_MS, reconnectStrategy: false },
  })
  // Without a listener it would end the process; what waits is refused with the same error.
  client.on('error', () => undefined)
  const end = () => {
    if (client.isOpen) client.destroy()
  }
  signal.addEventListener('abort', end, { once: true })
  try {
    signal.throwIfAborted()
    await client.connect()
  } catch (error) {
    end()
    throw error
  } finally {
    signal.removeEventListener('abort', end)
  }
  return {
    send: (commands) => Promise.all(commands.map((command) => client.sendCommand([...command]))),
    close: end,
  }
}
