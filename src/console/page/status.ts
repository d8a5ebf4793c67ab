/** What `/v1/status` and `/v1/peers` answer, as far as pages show it. Types only. */
export interface MemberKey {
  readonly peerId: string
  readonly link: string
  readonly head: number
  readonly lagMs: number | null
  readonly appliedLagMs: number | null
  readonly current: boolean
  readonly quiet: boolean
  readonly voids: Readonly<Record<string, number>>
}

export interface Status {
  readonly name: string
  readonly peerId: string
  readonly version: string
  readonly federation: string
  readonly openFederation: boolean
  readonly live: number
  readonly byType: Readonly<Record<string, number>>
  readonly byAction: Readonly<Record<string, number>>
  readonly heads: Readonly<Record<string, number>>
  readonly freshness: 'fresh' | 'stale' | 'degraded'
  readonly policyHash: string
  readonly policyErrors: readonly { readonly key: string; readonly message: string }[]
  readonly paused: Readonly<
    Record<
      string,
      {
        readonly since: string
        readonly until?: string
        readonly reason: string
        readonly by: string
      }
    >
  > | null
  readonly members: readonly {
    readonly name: string
    readonly role: string
    readonly trust: string
    readonly keys: readonly MemberKey[]
  }[]
  readonly disk: { readonly ok: boolean; readonly code?: string }
  readonly sample: { readonly held: number; readonly seen: number; readonly holds: number }
  readonly catchUp: {
    readonly missing?: readonly { readonly envelopes: number }[]
  }
}

export interface Peers {
  readonly peers: readonly {
    readonly member: string | null
    readonly peerId: string
    readonly link: string
    /** Keys whose logs this one has applied, by its newest signed word. */
    readonly hears: readonly string[]
    /** Null where it has not said yet. */
    readonly hearsUs: boolean | null
  }[]
}
