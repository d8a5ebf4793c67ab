/** Steps from format to format, as a version of later would have them. */
import type { Database } from '../../src/storage/database.js'
import type { Migration } from '../../src/storage/migrations.js'

const key = (text: string): Buffer => Buffer.from(text)

/** Each leaves a row, and adds to what the one before it left: run twice, it would show. */
export const STEPS: readonly Migration[] = [2, 3].map((to) => ({
  to,
  run: async (database: Database) => {
    const said = await database.get(key(`step ${to - 1}`))
    const held = await database.get(key(`step ${to}`))
    const told = [said, held].flatMap((one) => (one === undefined ? [] : [one.toString()]))
    await database.put(key(`step ${to}`), key([...told, `step ${to}`].join(', ')))
  },
}))
