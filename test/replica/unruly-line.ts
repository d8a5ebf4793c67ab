/**
 * A line between a replica and its node that does what real ones do: it breaks off, and it drops,
 * doubles and swaps events of the stream, as told.
 */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Misrule {
  /** Ends a snapshot after so many bytes; undefined hands all on. */
  cutAfter?: (bytes: number) => number | undefined
  /** The events that go out for those that came in; one call per piece of stream. */
  events?: (events: readonly string[]) => readonly string[]
  /** Answers by itself: status and headers. */
  refuse?: (path: string) => readonly [number, Readonly<Record<string, string>>] | undefined
  /** Keeps what comes until further notice. */
  frozen?: boolean
}

export interface UnrulyLine {
  readonly url: string
  readonly misrule: Misrule
  /** What was asked for, in order. */
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[]
  /** Bytes of bodies handed on. */
  readonly bytes: { total: number }
  cutAll(): void
  stop(): Promise<void>
}

export async function unrulyLine(to: string): Promise<UnrulyLine> {
  const misrule: Misrule = {}
  const asked: UnrulyLine['asked'] = []
  const bytes = { total: 0 }
  const server = createServer((req, res) => {
    const path = req.url ?? '/'
    asked.push({ path, headers: req.headers })
    const refused = misrule.refuse?.(path)
    if (refused !== undefined) return void res.writeHead(...refused).end()
    const upstream = request(new URL(path, to), { headers: { ...req.headers } }, (answer) => {
      handOn(answer, res, misrule, bytes)
    })
    upstream.on('error', () => res.destroy())
    res.on('close', () => upstream.destroy())
    upstream.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    misrule,
    asked,
    bytes,
    cutAll: () => server.closeAllConnections(),
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function handOn(
  answer: IncomingMessage,
  res: ServerResponse,
  misrule: Misrule,
  bytes: { total: number },
): void {
  res.writeHead(answer.statusCode ?? 502, answer.headers)
  const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true
  const length = Number(answer.headers['content-length'] ?? 0)
  const cut = isStream ? undefined : misrule.cutAfter?.(length)
  let sent = 0
  let text = ''
  answer.on('data', (chunk: Buffer) => {
    bytes.total += chunk.length
    if (!isStream) {
      if (cut !== undefined && sent + chunk.length >= cut) {
        res.write(chunk.subarray(0, cut - sent), () => res.destroy())
        answer.destroy()
      } else res.write(chunk)
      sent += chunk.length
      return
    }
    if (misrule.frozen === true) return
    text += chunk.toString('utf8')
    const events = text.split('\n\n')
    text = events.pop()!
    for (const event of misrule.events?.(events) ?? events) res.write(`${event}\n\n`)
  })
  answer.on('end', () => res.end())
  answer.on('error', () => res.destroy())
}
