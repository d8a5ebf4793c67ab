/** A report of every clear type, and between them of most that a report can say. */
const UUID = '3f0e5a4e-6d0e-4f4e-9c52-0b9a6f0c1d2e'
export const EVERY_TYPE = [
  { type: 'ip', value: '203.0.113.1', campaign: UUID, labels: ['drill'], evidence: '20-99' },
  { type: 'ip', value: '2001:db8::7', tlp: 'green', pap: 'amber', category: 'probing' },
  { type: 'ip', value: '198.51.100.0/24', tlp: 'clear', confidence: 55, action: 'throttle' },
  { type: 'asn', value: '64500', ttl: '3d' },
  { type: 'domain', value: 'proxy.example' },
  { type: 'ja3', value: 'e'.repeat(32) },
  { type: 'ja4', value: 't13d1516h2_8daaf6152771_b0da82dd1658' },
  { type: 'ua', value: "it's \\ python-requests/*" },
  { type: 'headers', value: 'a'.repeat(32) },
  { type: 'email-domain', value: 'throwaway.example' },
  { type: 'bin', value: '411111' },
  { type: 'proxy', value: UUID },
]
