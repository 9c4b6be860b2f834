#!/usr/bin/env bash
# Runs every check and every test of the project: `npm test`.
# The last line of output is `N passed, N failed, N skipped`; the exit status is 0 only if nothing failed and the
# skips are exactly the expected ones (tests/expected-skips.json).
set -u
cd "$(dirname "$0")/.." || exit 1

fail() {
  echo "$1" >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

if ! node -e 'require.resolve("vitest/package.json"); require.resolve("eslint/package.json")' 2>/dev/null; then
  npm install --no-save --no-audit --no-fund || fail 'installing the dependencies failed'
fi
npm run --silent build || fail 'the build failed'
exec node scripts/test-all.mjs "$@"
