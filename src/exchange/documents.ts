/** Documents of other tools that are read here: whose one is, and what reads it. */
import { isCrowdsec, readCrowdsec } from './crowdsec-reader.js'
import { isMisp, readMisp } from './misp-reader.js'
import { isStix, readStix } from './stix-reader.js'

export const READERS = { stix: readStix, misp: readMisp, crowdsec: readCrowdsec } as const
export type DocumentFormat = keyof typeof READERS
export const DOCUMENTS = Object.keys(READERS) as readonly DocumentFormat[]

/** Undefined for none of them. */
export function formatOf(document: unknown): DocumentFormat | undefined {
  if (isMisp(document)) return 'misp'
  if (isCrowdsec(document)) return 'crowdsec'
  return isStix(document) ? 'stix' : undefined
}
