/**
 * The process's edge: arguments in, exit code out. The shim comes first: libp2p needs it to load.
 */
import './node20.js'
import { run } from './cli/program.js'

/** Whatever still holds the process once its command is done (a peer's half-open socket, say). */
const LINGER_MS = 2_000

process.exitCode = await run(process.argv.slice(2))
setTimeout(() => process.exit(), LINGER_MS).unref()
