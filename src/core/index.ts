/**
 * `tocsin/core`: what a second implementation or an offline verifier needs. Everything here is
 * pure: bytes, values and `now` in, values out. What is not exported here may change with any
 * release.
 */
export { canonicalise, isForm } from './canonical-form.js'
export { canonicalTokens, lineTokens } from './canonical-text.js'
export { decode, encode, type Cbor } from './canonical.js'
export {
  actsFrom,
  actsUntil,
  claimAt,
  standing,
  take,
  type Claim,
  type ClaimEntry,
  type Staircase,
} from './claims.js'
export * from './codes.js'
export {
  ENVELOPE_DOMAIN,
  HEADER_VERSION,
  open,
  openHeader,
  openParts,
  seal,
  statementBytes,
  toBytes,
  verifySeal,
  type Envelope,
  type EnvelopeRef,
  type OpenCode,
  type Place,
} from './envelope.js'
export { checkEvidence, type Checked, type EvidenceCheck } from './evidence-check.js'
export { EVIDENCE_FORMAT, sayingOf, type EvidenceFile, type Saying } from './evidence.js'
export { dayOf, logHash, StateSums, type Head } from './heads.js'
export {
  authorOf,
  authorOfPeer,
  formatCard,
  OPEN_FEDERATION,
  parseCard,
  peerNameOf,
  type AuthorId,
  type Card,
  type EnvelopeId,
  type Federation,
  type PeerName,
} from './identity.js'
export {
  indicatorOf,
  keyOf,
  typeByCode,
  typeByName,
  TYPES,
  type Indicator,
  type IndicatorKey,
  type IndicatorType,
  type Question,
} from './indicator.js'
export { extractFrame, isFrame, type Extraction, type Frame, type Sample } from './frame.js'
export { KeyRing, type KeyRingParts } from './key-ring.js'
export { LIMITS } from './limits.js'
export {
  IGNORE_CODES,
  INPUT_CODES,
  REFUSE_CODES,
  VOID_CODES,
  type Failure,
  type IgnoreCode,
  type InputCode,
  type RefuseCode,
  type Result,
  type VoidCode,
} from './outcome.js'
export {
  bandOf,
  hashesIn,
  ShingleHasher,
  shinglesOf,
  SKETCH,
  sketchName,
  sketchOf,
  type Band,
} from './sketch.js'
export { isSoundKey, publicKeyOf, sign, verify } from './signature.js'
export {
  fromWire,
  toWire,
  type Dispute,
  type Report,
  type Revocation,
  type Sighting,
  type Statement,
  type Void,
} from './statement.js'
