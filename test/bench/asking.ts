/** Questions over a few connections that stay open, as a gateway asks them. */
import { Agent, request } from 'node:http'

export class Asking {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })
  readonly #headers: Readonly<Record<string, string>>

  constructor(key?: string) {
    this.#headers = key === undefined ? {} : { 'x-api-key': key }
  }

  /** The body of an answer; throws where it was none of success. */
  ask(url: string, body?: string): Promise<string> {
    const options = { agent: this.#agent, method: body === undefined ? 'GET' : 'POST' }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    return new Promise((resolve, reject) => {
      const asked = request(url, { ...options, headers: { ...this.#headers, ...type } })
      asked.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        const isFine = response.statusCode! < 300
        response.on('end', () => (isFine ? resolve(text) : reject(new Error(text))))
      })
      asked.on('error', (error) => {
        // The other side may have closed a connection that rested, just as it was used again.
        if (asked.reusedSocket) this.ask(url, body).then(resolve, reject)
        else reject(error)
      })
      asked.end(body)
    })
  }

  end(): void {
    this.#agent.destroy()
  }
}
