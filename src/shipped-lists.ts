/**
 * The warning lists that come with the package: `config/lists/*.txt`, small ones that change
 * seldom, each with its source and date. Larger ones the operator loads (`tocsin allow load`).
 */
import { readdirSync, readFileSync } from 'node:fs'
import { listValues, plainValues } from './core/list-values.js'
import type { WarningList } from './core/own-rows.js'

const FOLDER = new URL('../config/lists/', import.meta.url)
const SHIPPED = 'package'

export function shippedLists(): WarningList[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt'))
    .sort()
    .map((file) =>
      shippedList(file.replace(/\.txt$/, ''), readFileSync(new URL(file, FOLDER), 'utf8')),
    )
}

/** A line `# email-domains` says that the names guard mail domains as well. */
function shippedList(name: string, text: string): WarningList {
  const { networks, domains, unread } = listValues(plainValues(text))
  if (unread.length > 0) throw new Error(`config/lists/${name}.txt: ${unread.join(' ')}`)
  const emailDomains = /^# email-domains$/m.test(text)
  return { name, effect: 'never', networks, domains, emailDomains, addedMs: 0, by: SHIPPED }
}
