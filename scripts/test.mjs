/**
 * The whole suite: two files at a time, but for those that measure, which then run by themselves so
 * that nothing disturbs a ratio. Further words go to mocha; where they name files or folders under
 * test/, only those run, as mocha would by itself. A report's `output=FILE` gets a second file
 * beside it, `FILE-measured`, before its ending.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MOCHA = fileURLToPath(new URL('../node_modules/mocha/bin/mocha.js', import.meta.url))
const MEASURED = 'test/bench/**/*.spec.ts'
const AT_ONCE = 2

const words = process.argv.slice(2)
const isNamed = words.some((word) => /^(?:\.\/)?test\//.test(word))
const measuredWords = words.map((word) => word.replace(/^(output=.*)(\.\w+)$/, '$1-measured$2'))
const runs = isNamed
  ? [words]
  : [
      ['--parallel', '--jobs', String(AT_ONCE), `--ignore=${MEASURED}`, ...words],
      [MEASURED, ...measuredWords],
    ]
for (const run of runs) process.exitCode = (await ended(run)) || process.exitCode

/** Answers how it ended; one that a signal ended has failed. */
function ended(run) {
  const child = spawn(process.execPath, [MOCHA, ...run], { stdio: 'inherit' })
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
}
