export interface Config {
  readonly data: string
  readonly name: string
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  /** Path of a federation file; undefined is the open federation. */
  readonly federation: string | undefined
  readonly api: {
    /** host:port */
    readonly listen: string
    readonly hosts: readonly string[]
    readonly socket: boolean
    readonly insecure: boolean
    readonly tls: { readonly cert: string; readonly key: string } | undefined
  }
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}
