/** Migrates the folder it is given, and is killed in the middle of the second step. */
import { OPEN_FEDERATION } from '../../src/core/identity.js'
import { openDatabase } from '../../src/storage/database.js'
import { STEPS } from './migration-steps.js'

const killed = STEPS.map((step) => ({
  ...step,
  run: async (...args: Parameters<typeof step.run>) => {
    await step.run(...args)
    if (step.to === 3) process.kill(process.pid, 'SIGKILL')
  },
}))
const formats = { current: 3, migrations: killed }
await openDatabase(process.argv[2]!, OPEN_FEDERATION.networkId, undefined, formats)
