#!/usr/bin/env node
/**
 * The program `tocsin`: builds what is missing, then runs in this same process, so that signals and
 * exit codes are the node's own. Prints nothing on stdout itself.
 */
import { ensureBuilt } from './build.mjs'

let ready = false
try {
  await ensureBuilt()
  ready = true
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
if (ready) await import('../dist/main.js')
