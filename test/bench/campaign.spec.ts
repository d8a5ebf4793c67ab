/** The short form of `npm run bench campaign`. */
import assert from 'node:assert/strict'
import { campaignWith } from './campaign.js'

describe('bench: campaign', function () {
  this.timeout(120_000)

  it('what one lab detects stops the campaign at the others, and no customer', async () => {
    const options = { seed: 7, accounts: 60, requestsEach: 16, benignEach: 1 }
    const told = await campaignWith(['sketches', 'identifiers', 'addresses'], options)
    const figures = JSON.stringify(told)
    const share = (name: string) => Number(told[name])
    const known = (of: string) => share(`${of}.observe`) + stopped(of)
    const stopped = (of: string) => share(`${of}.throttle`) + share(`${of}.block`)
    assert.ok(stopped('attack') > 60 && known('attack') > 80, figures)
    // New accounts at new addresses are known by the frame alone, after a few requests each.
    assert.ok(stopped('failedOver') > 15 && known('failedOver') > 80, figures)
    assert.ok(share('benign.block') === 0 && share('benign.throttle') < 2, figures)
    assert.ok(Number(told['protectedMs']) < 20_000, figures)
  })
})
