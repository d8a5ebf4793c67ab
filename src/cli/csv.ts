/**
 * One line of CSV as fields (RFC 4180). Line by line on purpose: a quote that is never closed costs
 * its own line and not the rest of the file, so fields with line breaks are not read.
 */

/** Undefined where the line is broken. */
export function csvFields(line: string): string[] | undefined {
  const fields: string[] = []
  let rest = line
  for (;;) {
    const field = rest.startsWith('"')
      ? /^"((?:[^"]|"")*)"(?=,|$)/.exec(rest)
      : /^([^",]*)(?=,|$)/.exec(rest)
    if (field === null) return undefined
    fields.push(field[1]!.replaceAll('""', '"'))
    if (field[0].length === rest.length) return fields
    rest = rest.slice(field[0].length + 1)
  }
}
