/**
 * Node 20 lacks `Promise.withResolvers`, which libp2p 3 calls at start. Loaded before anything else
 * by `main.ts` and by mocha; a no-op on Node 22 and later.
 */
type Resolvers = { promise: Promise<unknown>; resolve: unknown; reject: unknown }
const target = Promise as unknown as { withResolvers?: () => Resolvers }
target.withResolvers ??= function withResolvers(): Resolvers {
  let resolve: unknown
  let reject: unknown
  const promise = new Promise((a, b) => {
    resolve = a
    reject = b
  })
  return { promise, resolve, reject }
}
