/** Bare gossipsub in a process for each node, all linked: what propagation is measured beside. */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { until } from '../../src/cli/lab-process.js'
import { Asking } from './asking.js'

const STARTED_TOGETHER = 4

export interface BareNode {
  readonly child: ChildProcess
  readonly address: string
}

export class BareMesh {
  private constructor(readonly nodes: readonly BareNode[]) {}

  /** `bare` verifies and stores what it hears, `plain` does nothing. */
  static async open(count: number, kind: 'bare' | 'plain'): Promise<BareMesh> {
    const nodes: BareNode[] = []
    const mesh = new BareMesh(nodes)
    try {
      // A few at a time, as the nodes they are compared with.
      while (nodes.length < count) {
        const more = Math.min(STARTED_TOGETHER, count - nodes.length)
        nodes.push(...(await Promise.all(Array.from({ length: more }, () => start(kind)))))
      }
      await mesh.#link()
      return mesh
    } catch (error) {
      mesh.close()
      throw error
    }
  }

  async #link(): Promise<void> {
    const asking = new Asking()
    for (const [i, { address }] of this.nodes.entries()) {
      const addr = await asking.ask(`${address}/addr`)
      for (const other of this.nodes.slice(i + 1)) {
        await asking.ask(`${other.address}/dial`, JSON.parse(addr) as string)
      }
    }
    await until('the reference meshes', async () => {
      const peers = await Promise.all(this.nodes.map((one) => asking.ask(`${one.address}/peers`)))
      return peers.every((count) => Number(count) === this.nodes.length - 1)
    })
    asking.end()
  }

  close(): void {
    for (const { child } of this.nodes) if (child.connected) child.disconnect()
  }
}

async function start(kind: string): Promise<BareNode> {
  const file = fileURLToPath(new URL('./bare-gossip.ts', import.meta.url))
  const shim = new URL('../../src/node20.ts', import.meta.url).href
  const child = fork(file, [kind], { execArgv: ['--import', 'tsx', '--import', shim] })
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { port: number }).port))
    child.once('exit', (code) => reject(new Error(`the reference ended with ${code}`)))
  })
  return { child, address: `http://127.0.0.1:${port}` }
}
