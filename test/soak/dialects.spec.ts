/** The short form of `npm run soak dialects`. */
import { strangeDialects } from './dialects.js'

describe('soak: strange requests', () => {
  it('3,000 for each dialect: no wrong answer, no error, memory flat', async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 1e9)
    await strangeDialects({ seed, requests: 3_000, msMax: 60_000 }).catch((error: unknown) => {
      throw new Error(`SEED=${seed}`, { cause: error })
    })
  }).timeout(90_000)
})
