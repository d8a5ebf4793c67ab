/** Load from wrk: how many answers a second an address gives on paths in random order. */
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { foreign, runForeign } from '../support/foreign.js'

export interface Load {
  readonly address: string
  readonly key: string
  /** Before the value; all of it where the values are bodies. */
  readonly path: string
  readonly values: readonly string[]
  /** Each value is the JSON body of a POST. */
  readonly post?: boolean
  readonly connections: number
  readonly seconds: number
}

export interface Loaded {
  /** Answers a second. */
  readonly rate: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Throws where an answer was none of success. */
export async function load(folder: string, asked: Load): Promise<Loaded> {
  await foreign('wrk')
  const { address, key, path, values, connections, seconds, post = false } = asked
  const own = await mkdtemp(join(folder, 'wrk-'))
  const list = join(own, 'values.txt')
  const script = join(own, 'ask.lua')
  await writeFile(list, values.join('\n'))
  await writeFile(script, LUA)
  const flags = ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--timeout', '30s']
  const header = `X-Api-Key: ${key}`
  const method = post ? 'POST' : 'GET'
  const args = [...flags, '-H', header, '-s', script, address, '--', list, path, method]
  const said = await runForeign('wrk', args, '', { timeout: (seconds + 60) * 1000 })
  const found = /^figures (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(said)
  if (found === null) throw new Error(said)
  const [answers, micros, failed, p50, p99] = found.slice(1).map(Number) as [
    ...[number, number, number, number, number],
  ]
  if (failed > 0 || answers === 0) throw new Error(`${failed} of ${answers} failed: ${said}`)
  return { rate: (answers / micros) * 1e6, p50Ms: p50 / 1000, p99Ms: p99 / 1000 }
}

const LUA = `
local paths = {}
function init(args)
  math.randomseed(20261125)
  for value in io.lines(args[1]) do
    if args[3] == "POST" then
      wrk.headers["Content-Type"] = "application/json"
      paths[#paths + 1] = wrk.format("POST", args[2], nil, value)
    else
      paths[#paths + 1] = wrk.format("GET", args[2] .. value)
    end
  end
end
function request()
  return paths[math.random(#paths)]
end
function done(summary, latency)
  local e = summary.errors
  local failed = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("figures %d %d %d %d %d\\n", summary.requests, summary.duration,
    failed, latency:percentile(50), latency:percentile(99)))
end
`
