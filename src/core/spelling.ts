/** What somebody who misspelt a name probably meant. */

/** The valid key most like an unknown one; keys of the same group are nearer than others. */
export function nearest(key: string, keys: readonly string[]): string {
  const split = (of: string) => [of.slice(0, of.lastIndexOf('.') + 1), of.split('.').at(-1)!]
  const [group, name] = split(key)
  const ranked = keys.map((other) => {
    const [otherGroup, otherName] = split(other)
    return { other, far: distance(name!, otherName!) + (group === otherGroup ? 0 : 1.5) }
  })
  return ranked.reduce((best, one) => (one.far < best.far ? one : best)).other
}

/** Levenshtein's edit distance. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, swap))
    }
    row = next
  }
  return row[b.length]!
}
