#!/usr/bin/env node
/**
 * `npm run bench [NAME]`: figures beside a reference that is measured in the same run, as a table,
 * as `bench-NAME.json` and, over sizes, as `bench-NAME.svg`. They are not tests: what must hold is
 * in `npm test`, as ratios.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const NAMES = [
  ...['campaign', 'catch-up', 'crowdsec', 'flood', 'idle', 'ingest', 'lookup', 'memory'],
  ...['propagate', 'replica', 'sketch', 'start'],
]
const root = fileURLToPath(new URL('..', import.meta.url))
const [first, ...rest] = process.argv.slice(2)

if (first !== undefined && !NAMES.includes(first)) {
  process.stderr.write(`no benchmark is called ${first}: ${NAMES.join(', ')}\n`)
  process.exitCode = 2
} else {
  for (const name of first === undefined ? NAMES : [first]) {
    const program = ['--import', 'tsx', '--import', './src/node20.ts', `test/bench/${name}.ts`]
    const options = { cwd: root, stdio: 'inherit' }
    const { status } = spawnSync(process.execPath, [...program, ...rest], options)
    if (status !== 0) process.exitCode = 1
    else {
      for (const form of ['json', 'svg']) {
        const made = `${root}/soak-${name}.${form}`
        if (existsSync(made)) renameSync(made, `${root}/bench-${name}.${form}`)
      }
    }
  }
}
