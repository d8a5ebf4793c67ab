#!/usr/bin/env node
/**
 * `npm run soak [NAME] [-- --minutes M --seed S]`: the long form of what the tests show in short.
 * Each prints its seed first and leaves its figures as `soak-NAME.json`; without a name all run in
 * turn.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const NAMES = [
  'crash',
  'power',
  'rot',
  'disk',
  'fds',
  'catch-up',
  'loss',
  'partition',
  'past',
  'receipts',
  'silence',
  'sketches',
  'split-view',
  'distrust',
  'retraction',
  'dialects',
  'exchange',
  'simulate',
]
const root = fileURLToPath(new URL('..', import.meta.url))
const [first, ...rest] = process.argv.slice(2)
const isNamed = first !== undefined && !first.startsWith('--')
const options = isNamed ? rest : process.argv.slice(2)

if (isNamed && !NAMES.includes(first)) {
  process.stderr.write(`no soak is called ${first}: ${NAMES.join(', ')}\n`)
  process.exitCode = 2
} else {
  if (!isNamed) process.stdout.write(`soaks: ${NAMES.join(', ')}\n`)
  for (const name of isNamed ? [first] : NAMES) {
    const program = ['--import', 'tsx', '--import', './src/node20.ts', `test/soak/${name}.ts`]
    const { status } = spawnSync(process.execPath, [...program, ...options], {
      cwd: root,
      stdio: 'inherit',
    })
    if (status !== 0) process.exitCode = 1
  }
}
