/** Looks for planted values wherever something could keep or tell them, in every form of them. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'

/** Of a place where something was found. */
export interface Leak {
  readonly place: string
  readonly canary: string
}

export class LeakSearch {
  readonly #forms: readonly (readonly [canary: string, form: string])[]

  constructor(canaries: readonly string[]) {
    this.#forms = canaries.flatMap((canary) =>
      formsOf(canary).map((form) => [canary, form] as const),
    )
  }

  /** One leak for each value that is in it. */
  in(place: string, bytes: Uint8Array | string): Leak[] {
    const text = (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1'))
      // Hexadecimal and percent forms have two cases.
      .toLowerCase()
    const found = new Set<string>()
    for (const [canary, form] of this.#forms) if (text.includes(form)) found.add(canary)
    return [...found].map((canary) => ({ place, canary }))
  }

  /** Every file, as it lies there. */
  async inFiles(folder: string): Promise<Leak[]> {
    const leaks: Leak[] = []
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      leaks.push(...this.in(path, await readFile(path)))
    }
    return leaks
  }

  /** Every row of a database that nobody has open: files hold them compressed. */
  async inRows(path: string): Promise<Leak[]> {
    const level = new Level<Buffer, Buffer>(path, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
      createIfMissing: false,
    })
    await level.open()
    const leaks: Leak[] = []
    let rows = 0
    for await (const [key, value] of level.iterator()) {
      leaks.push(...this.in(`a row of ${key.toString('latin1')}`, Buffer.concat([key, value])))
      rows++
    }
    await level.close()
    if (rows === 0) throw new Error(`${path} has no rows`)
    return leaks
  }
}

/** Raw, hexadecimal, percent-encoded, and base64 at each of the three places it may begin. */
function formsOf(canary: string): string[] {
  const bytes = Buffer.from(canary)
  const percent = encodeURIComponent(canary)
  const base64 = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before, 'x'), bytes]).toString('base64')
    // Without what its neighbours share.
    const inner = text.slice(Math.ceil((before * 4) / 3) + (before > 0 ? 1 : 0), -4)
    return [inner, inner.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const forms = [canary, bytes.toString('hex'), percent, ...base64]
  return [...new Set(forms.map((form) => form.toLowerCase()))].filter((form) => form.length >= 8)
}
