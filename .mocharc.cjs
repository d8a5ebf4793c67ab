/**
 * Mocha adds the files named on the command line to a configured `spec`, so the whole suite is the
 * default only where nothing under test/ is named: `npx mocha test/core` runs that folder alone.
 */
const named = process.argv.slice(2).some((word) => /^(?:\.\/)?test\//.test(word))

module.exports = {
  import: ['tsx', './src/node20.ts'],
  extension: ['ts'],
  spec: named ? [] : ['test/**/*.spec.ts'],
  recursive: true,
  timeout: 20_000,
  forbidOnly: true,
}
