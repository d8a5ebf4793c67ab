/**
 * Every bound of the protocol and the node, in one file, each with its reason.
 * Relations between bounds are asserted when the module loads: a change that breaks one cannot
 * start. Limits that travel (marked "wire") are part of the protocol: all nodes must agree on them.
 */
const KIB = 1024
const MIB = 1024 * KIB
export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

export const LIMITS = {
  /**
   * wire. Four KiB to sixteen KiB is the sweet spot; sixty-four bounds what one validator call
   * costs.
   */
  payloadBytesMax: 64 * KIB,
  /**
   * wire. One envelope is one signature: more statements would make a single void one costly to
   * name.
   */
  statementsMax: 256,
  /** wire. Header (about 180 B) + signature + payload + CBOR heads, with room for header growth. */
  envelopeBytesMax: 66 * KIB,
  /** wire. The header has nine fixed fields; a later version may be larger, never unbounded. */
  headerBytesMax: 512,
  /** wire. The longest text form is a domain name (253). */
  valueTextMax: 255,
  /** Sketches that act: unrelated prompts match one of a million in four of a hundred. */
  sketchesMax: 20_000,
  /** Sketches told of one prompt: each costs a verdict. */
  sketchMatchesMax: 16,
  /** Accounts that met a sketch within a day: some forty bytes each. */
  encountersMax: 200_000,
  /** Hashes that a caller made of one prompt: those of the tokens that are looked at. */
  promptHashesMax: 4_096,
  /** Of a value that is hashed before it goes anywhere: the tools of a large agent. */
  keyedCharsMax: 256 * KIB,
  /** wire. keyId(4) + 48 sketch hashes of 8 bytes = 388; rounded up for a later sketch form. */
  valueBytesMax: 512,
  /** wire. A report names what was seen, not everything that could be said about it. */
  labelsMax: 8,
  /**
   * wire. Statements nest payload > statement > labels; two more levels for kinds not yet invented.
   */
  cborDepthMax: 6,
  /**
   * wire. 256 statements of 16 fields and 8 labels; bounds allocation before any shape is known.
   */
  cborItemsMax: 8_192,
  /** wire. Longest life of any statement; older headers can never matter again. */
  lifeMsMax: 180 * DAY_MS,
  /**
   * Payloads are kept this long after their expiry, so that "why was I blocked last month" has an
   * answer. Far above `payloadGraceMs`, from which on others may have dropped them.
   */
  historyMs: 30 * DAY_MS,
  /** wire. From then on after its expiry a payload may be missing; a day covers any clock error. */
  payloadGraceMs: 1 * DAY_MS,
  /**
   * A report from further ahead does not act until its time has come. Covers ordinary clock error.
   */
  futureMsMax: 10 * MINUTE_MS,
  /** Frame of the catch-up protocol: sixteen full envelopes, small enough to hold per peer. */
  frameBytesMax: 1 * MIB,
  /** What one WANT is answered with: half a frame, so that the answer always fits with its head. */
  wantBytesMax: 512 * KIB,
  /**
   * Heads in one HEADS message or beacon: 30 labs with many keys each; its items fit one decode.
   */
  headsMax: 1_024,
  /** wire. A beacon names at most `headsMax` heads of 74 bytes. */
  beaconBytesMax: 80 * KIB,
  /**
   * Envelopes judged and waiting for the writer. 64 MiB at worst; beyond it gossip is told
   * "overload".
   */
  queueEnvelopesMax: 1_024,
  /** Wires that wait to be examined, shared by those who brought them: seconds of signatures. */
  examinedBytesMax: 32 * MIB,
  /**
   * A batch closes here: 0.85 s for 64,000 rows was measured, so 1,000 keeps a commit near 5 ms.
   */
  batchRowsMax: 1_000,
  batchEnvelopesMax: 256,
  /**
   * Statements waiting for our own voice. Bulk input waits for an answer per chunk well below this.
   */
  voiceStatementsMax: 16_384,
  /** Statements sealed in one round: four full envelopes, so a lone report never waits long. */
  voiceRoundMax: 1_024,
  /** Items in one reports or check request. */
  requestItemsMax: 1_000,
  /**
   * Reports that one bulk revocation takes back before it answers: ten requests, some two seconds;
   * repeated it goes on.
   */
  selectedMax: 10_000,
  /** Attributes of one API request: far above the twenty types there are. */
  attributesMax: 64,
  /**
   * Envelopes in one evidence file: 6 MiB at worst, and more authors than speak about one key.
   */
  evidenceEnvelopesMax: 64,
  /**
   * Members, keys and moments that an explanation tries a change on: each costs a verdict.
   */
  changesTriedMax: 32,
  /** Keys in one page of a listing, each with its verdict: about 0.1 s. */
  pageKeysMax: 1_000,
  /** Body of a guardrail: a chat with its pictures, of which little is read. */
  guardrailBytesMax: 16 * MIB,
  /** Body of an ordinary request; a thousand report items of generous length. */
  bodyBytesMax: 2 * MIB,
  /** A document of another tool in one request; the command line takes larger ones apart. */
  importBytesMax: 8 * MIB,
  /** Text of a policy file: the packaged one with all its reasons is a tenth of it. */
  policyBytesMax: 64 * KIB,
  /**
   * Trying a policy stops here and says so. A key costs two verdicts: 0.3 to 0.5 ms were measured
   * on a busy machine.
   */
  policyTestMs: 2 * MINUTE_MS,
  /** Keys judged twice between two turns of the event loop: a few milliseconds, also when busy. */
  policyTestPageKeys: 8,
  /** Examples of each change of action that trying a policy shows. */
  policyTestExamples: 10,
  /** Why enforcement or publishing is paused: a sentence that everybody is shown. */
  pauseReasonMax: 256,
  /** One STIX pattern: some three hundred alternatives. */
  patternCharsMax: 16 * KIB,
  /** One line of a bulk file. Longer is refused by line, not by memory. */
  lineBytesMax: 64 * KIB,
  /** How long an idempotency key is kept. */
  receiptMs: 24 * HOUR_MS,
  /**
   * Reported addresses of one IPv6 /64 that a look-up in it regards: one subscriber needs few, and
   * a crowded /64 must not make look-ups slow.
   */
  neighboursMax: 32,
  /** How fast a running node reads its own database over: a gigabyte in nine minutes, unnoticed. */
  scrubBytesPerSecond: 2 * MIB,
  /** What the scrub reads at once: some milliseconds in which lookups wait at most. */
  scrubPageBytes: 64 * KIB,
  /** Between two passes. */
  scrubEveryMs: 1 * HOUR_MS,
  /** A writer that never rests must not keep the scrub from ever coming to an end. */
  scrubPauseMsMax: 10 * SECOND_MS,
  /** Values revoked beyond a fork that are kept by author: more than any operator could check. */
  forkRevocationsMax: 10_000,
  /**
   * Networks that an export cuts one network into where protected ones lie in it; one that would
   * need more does not leave. Sixteen lone addresses in a /16 need 200.
   */
  piecesMax: 512,
  /** Allow entries: made ready anew at each change and each end, in milliseconds. */
  allowMax: 10_000,
  /** Values of one warning list. The largest public one has 63,000; each is held in memory. */
  listValuesMax: 100_000,
  /** Body with the values of one warning list: the largest public one has 1.3 MB. */
  listBytesMax: 8 * MIB,
  /** Loaded warning lists: each is asked at every look-up. */
  listsMax: 32,
  /** Free text of this operator, like a reason. */
  reasonCharsMax: 500,
  /** Keys of one member: a few nodes and a few retired keys. */
  memberKeysMax: 16,
  membersMax: 256,
  addressesMax: 8,
  memberNameMax: 64,
  /** Browsers of the operator, and links that have not been opened. */
  sessionsMax: 64,
} as const

function holds(fact: boolean, what: string): void {
  if (!fact) throw new Error(`limits contradict each other: ${what}`)
}
holds(
  LIMITS.payloadBytesMax + LIMITS.headerBytesMax + 128 <= LIMITS.envelopeBytesMax,
  'an envelope holds its largest header and payload',
)
holds(
  LIMITS.wantBytesMax + LIMITS.envelopeBytesMax < LIMITS.frameBytesMax,
  'an answer fits a frame',
)
holds(LIMITS.headsMax * 120 < LIMITS.frameBytesMax, 'the heads of all authors fit a frame')
holds(LIMITS.headsMax * 74 + 256 <= LIMITS.beaconBytesMax, 'a beacon holds all heads')
holds(LIMITS.historyMs >= LIMITS.payloadGraceMs, 'what others may still ask for is held')
holds(LIMITS.voiceRoundMax % LIMITS.statementsMax === 0, 'a round fills whole envelopes')
holds(LIMITS.voiceRoundMax <= LIMITS.voiceStatementsMax, 'a round fits the queue')
holds(LIMITS.selectedMax % LIMITS.requestItemsMax === 0, 'a bulk revocation is whole requests')
holds(LIMITS.requestItemsMax <= LIMITS.voiceRoundMax, 'one request fits one round')
