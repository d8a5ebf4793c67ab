/**
 * The world's timers. While a world lives, `setTimeout` rings when the world's time has come, not
 * the machine's: what the code under test does later happens in the same order in every run.
 */
interface Alarm {
  readonly atMs: number
  readonly ring: () => void
}

export class Timers {
  readonly #time: { readonly now: number }
  readonly #alarms = new Map<number, Alarm>()
  readonly #real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout }
  #count = 0

  constructor(time: { readonly now: number }) {
    this.#time = time
  }

  install(): void {
    const set = (ring: () => void, ms = 0) => {
      const id = ++this.#count
      this.#alarms.set(id, { atMs: this.#time.now + ms, ring })
      const handle = { id, unref: () => handle, ref: () => handle }
      return handle
    }
    const clear = (handle: { id?: number } | undefined) => {
      if (handle?.id !== undefined) this.#alarms.delete(handle.id)
    }
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })
  }

  uninstall(): void {
    Object.assign(globalThis, this.#real)
  }

  /** Rings what is due; what that sets anew rings the next time. */
  ring(): void {
    const due = [...this.#alarms].filter(([, alarm]) => alarm.atMs <= this.#time.now)
    for (const [id, alarm] of due) {
      this.#alarms.delete(id)
      alarm.ring()
    }
  }
}
