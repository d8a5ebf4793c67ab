/** Waits for a condition instead of for a time: a slow machine makes a test slower, not red. */
import { setTimeout as sleep } from 'node:timers/promises'

export async function until(
  condition: () => boolean | Promise<boolean>,
  options: { readonly timeoutMs?: number; readonly what?: string } = {},
): Promise<void> {
  const timeoutMs = options.timeoutMs ?? 10_000
  const deadline = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${timeoutMs} ms: ${options.what ?? condition.toString()}`)
    }
    await sleep(10)
  }
}
