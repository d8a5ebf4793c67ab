/** Why our own voice says nothing, in words. */
import type { Pause } from '../core/own-rows.js'
import { VoiceError, type VoiceCode } from '../core/ports.js'

const TEXTS: Readonly<Record<VoiceCode, string>> = {
  overload: 'too many reports are waiting; try again shortly',
  'store-failed': 'this node could not write to its disk',
  stopping: 'this node is shutting down',
  'clock-wrong': 'this node’s clock is not to be trusted',
  'own-log-behind':
    'this folder lacks envelopes it has published; wait for peers, or start with --abandon-tail',
  'own-log-forked': 'this node’s key has signed two histories; it needs a new key',
  'own-head-unasked':
    'this folder was restored; a member must be reached before this node may speak',
  'own-key-elsewhere': 'another node speaks with this key: stop one of them and use a new key',
  'idempotency-mismatch': 'this idempotency key was used for another request',
  'publish-paused': 'tocsin resume publish lifts it',
}

export function silent(code: VoiceCode, pause?: Pause): VoiceError {
  return new VoiceError(code, TEXTS[code], code === 'publish-paused' ? pause?.untilMs : undefined)
}
