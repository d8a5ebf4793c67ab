import tseslint from 'typescript-eslint'

/** Lint finds what the type checker cannot: promises nobody awaits, conditions that never vary. */
export default tseslint.config({ ignores: ['**/dist/**'] }, ...tseslint.configs.recommended, {
  files: ['src/**/*.ts', 'src/**/*.tsx', 'test/**/*.ts'],
  languageOptions: {
    parserOptions: {
      project: ['test/tsconfig.json', 'src/console/page/tsconfig.json'],
      tsconfigRootDir: new URL('..', import.meta.url).pathname,
    },
  },
  rules: {
    '@typescript-eslint/no-floating-promises': 'error',
    '@typescript-eslint/no-misused-promises': 'error',
    '@typescript-eslint/await-thenable': 'error',
    '@typescript-eslint/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
    '@typescript-eslint/consistent-type-imports': 'error',
    '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
  },
})
