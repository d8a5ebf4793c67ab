/** A key's fingerprint as words to read out, so that two people can compare it over a telephone. */
import { createHash } from 'node:crypto'
import { bytesOf, type AuthorId } from './identity.js'

const CONSONANTS = 'bdfghjklmnprstvz'
const VOWELS = 'aiou'
const WORDS = 8

/**
 * 128 bits of the key's SHA-256 as proquints (Wilkerson, arXiv:0901.4016): sixteen bits each,
 * consonants and vowels in turn, pronounceable in most languages and without a word list.
 */
export function fingerprintOf(author: AuthorId): string {
  const digest = createHash('sha256').update(bytesOf(author)).digest()
  return Array.from({ length: WORDS }, (_, i) => proquint(digest.readUInt16BE(2 * i))).join(' ')
}

export function proquint(bits: number): string {
  const consonant = (shift: number) => CONSONANTS[(bits >> shift) & 15]!
  const vowel = (shift: number) => VOWELS[(bits >> shift) & 3]!
  return consonant(12) + vowel(10) + consonant(6) + vowel(4) + consonant(0)
}
