/**
 * A network of its own for each node: network namespaces (user namespaces make them without root)
 * on one bridge, whose packets `nft` drops by chance or between two halves. Only the mesh is in
 * there; a node's API is reached through the socket in its folder, which knows no namespaces.
 * Gone with the process that made it: each namespace is held by a `cat` that reads from it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { foreign, foreignEnv, runForeign } from './foreign.js'

const HOLD = ['sh', '-c', 'echo held; exec cat']

export interface Dropped {
  readonly seen: number
  readonly dropped: number
}

export class Wire {
  readonly #holders: ChildProcess[] = []

  static async open(count: number): Promise<Wire> {
    await foreign('ip', 'nft')
    const wire = new Wire()
    try {
      await wire.#lay(count)
      return wire
    } catch (error) {
      wire.close()
      throw error
    }
  }

  /** Ends everything in there that is not a node: those are ended first. */
  close(): void {
    for (const holder of this.#holders) holder.stdin?.end()
  }

  /** An address that all namespaces reach. */
  address(index: number): string {
    return `10.77.${index >> 7}.${(index & 127) + 1}`
  }

  /** What starts a program in a namespace: to be put before it. */
  launcher(index: number): string[] {
    return entering(this.#holders[index + 1]!)
  }

  /** From now on so many packets in a hundred are lost, in each direction. */
  lose(percent: number): Promise<void> {
    return this.#rule(`meta protocol ip numgen random mod 100 < ${percent} counter name lost drop`)
  }

  /** From now on the first `count` namespaces and the others hear nothing of each other. */
  split(count: number): Promise<void> {
    const all = Array.from({ length: this.#holders.length - 1 }, (_, i) => this.address(i))
    const [here, there] = [all.slice(0, count).join(), all.slice(count).join()]
    return this.#rule(
      `ip saddr { ${here} } ip daddr { ${there} } counter name lost drop`,
      `ip saddr { ${there} } ip daddr { ${here} } counter name lost drop`,
    )
  }

  heal(): Promise<void> {
    return this.#rule()
  }

  /** Packets since the last change of rule. */
  async dropped(): Promise<Dropped> {
    const told = await this.#hub('nft', ['-j', 'list', 'counters'])
    const { nftables } = JSON.parse(told) as {
      nftables: { counter?: { name: string; packets: number } }[]
    }
    const of = (name: string) =>
      nftables.find(({ counter }) => counter?.name === name)?.counter?.packets ?? 0
    return { seen: of('seen'), dropped: of('lost') }
  }

  async #lay(count: number): Promise<void> {
    try {
      await this.#hold('unshare', ['-Urn'])
    } catch (error) {
      throw new Error('user namespaces: sysctl -w user.max_user_namespaces=10000', { cause: error })
    }
    for (let i = 0; i < count; i++) {
      const [program, ...args] = entering(this.#holders[0]!)
      await this.#hold(program!, [...args, 'unshare', '-n'])
    }
    const links = this.#holders.slice(1).flatMap(({ pid }, i) => [
      `link add p${i} type veth peer name eth0 netns ${pid}`,
      // Packets as a wire has them: one loss must not take sixty-four kilobytes.
      `link set p${i} gso_max_segs 1 master hub up`,
    ])
    const hub = ['link set lo up', 'link add hub type bridge', 'link set hub up', ...links]
    await this.#hub('ip', ['-batch', '-'], hub.join('\n'))
    for (let i = 0; i < count; i++) {
      const [program, ...args] = this.launcher(i)
      const batch = [
        'link set lo up',
        'link set eth0 gso_max_segs 1 up',
        `address add ${this.address(i)}/16 dev eth0`,
      ]
      await runForeign(program!, [...args, 'ip', '-batch', '-'], batch.join('\n'))
    }
  }

  async #hold(program: string, args: readonly string[]): Promise<void> {
    const holder = spawn(program, [...args, ...HOLD], {
      env: foreignEnv(),
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    this.#holders.push(holder)
    let complaint = ''
    holder.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
    const failed = once(holder, 'exit').then(() => {
      throw new Error(`${program}: ${complaint}`)
    })
    // `once` rejects where the program cannot be started at all.
    await Promise.race([once(holder.stdout, 'data'), failed])
    failed.catch(() => undefined)
  }

  /** All rules at once, in the place of those before. */
  async #rule(...rules: readonly string[]): Promise<void> {
    const table = `table bridge line
delete table bridge line
table bridge line {
  counter seen {}
  counter lost {}
  chain forward {
    type filter hook forward priority 0
    meta protocol ip counter name seen
    ${rules.join('\n    ')}
  }
}
`
    await this.#hub('nft', ['-f', '-'], table)
  }

  #hub(tool: string, args: readonly string[], input = ''): Promise<string> {
    const [program, ...enter] = entering(this.#holders[0]!)
    return runForeign(program!, [...enter, tool, ...args], input)
  }
}

function entering({ pid }: ChildProcess): string[] {
  return ['nsenter', '--target', String(pid), '-U', '-n', '--preserve-credentials']
}
