#!/usr/bin/env bash
# Every check, in the order in which they fail fastest. `make test` calls it with the virtual environment on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

# Hundreds of tests start a process of ours: it shall not be compiled anew each time.
unset PYTHONDONTWRITEBYTECODE

# In memory where there is room, gone afterwards: SQLite waits for the disk at each commit, and no test can see a disk that
# loses power. What a passed test leaves is not kept.
if [ -d /dev/shm ] && [ "$(df --output=avail -k /dev/shm | tail -n 1)" -gt 4000000 ]; then
    TMPDIR=$(mktemp -d -p /dev/shm onefold-tests-XXXXXX)
    export TMPDIR
    trap 'rm -rf "$TMPDIR"' EXIT
fi

if ! command -v node >/dev/null; then
    printf '\n!! NO NODE.JS HERE: the audits of graphql-http and the JavaScript clients (tests/peers) are NOT tested.\n'
fi

step() { printf '\n== %s\n' "$1"; shift; "$@"; }

step "ruff: lint" ruff check .
step "ruff: format" ruff format --check .
step "mypy --strict" mypy
step "import rules" lint-imports
# The SDL snapshot and the migration drift are tests: tests/schema/test_sdl.py, tests/migrations/test_migrations.py.
# Three at once on two cores: a quarter of the time they wait for processes and sockets.
step "tests on SQLite and PostgreSQL" python -m pytest -q -n "${PYTEST_WORKERS:-3}" --dist loadfile \
    --no-loadscope-reorder -m "not nightly" -o tmp_path_retention_policy=failed "$@"
