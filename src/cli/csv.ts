/**
 * One line of CSV as fields (RFC 4180). Line by line on purpose: a quote that is never closed costs
 * its own line and not the rest of the file, so fields with line breaks are not read.
 */

/** The fields of a line, or undefined where it is broken. */
export type SplitLine = (line: string) => string[] | undefined

/** `delimiter`: one of `,` `;` `|` `:` and tab. */
export function csvSplitter(delimiter: string): SplitLine {
  const quoted = new RegExp(`^"((?:[^"]|"")*)"(?=[${delimiter}]|$)`)
  const plain = new RegExp(`^([^"${delimiter}]*)(?=[${delimiter}]|$)`)
  return (line) => {
    const fields: string[] = []
    let rest = line
    for (;;) {
      const field = (rest.startsWith('"') ? quoted : plain).exec(rest)
      if (field === null) return undefined
      fields.push(field[1]!.replaceAll('""', '"'))
      if (field[0].length === rest.length) return fields
      rest = rest.slice(field[0].length + 1)
    }
  }
}

export const csvFields = csvSplitter(',')
