#!/usr/bin/env bash
# Every check, in the order in which they fail fastest. `make test` calls it with the virtual environment on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

# Hundreds of tests start a process of ours: it shall not be compiled anew each time.
unset PYTHONDONTWRITEBYTECODE

step() { printf '\n== %s\n' "$1"; shift; "$@"; }

step "ruff: lint" ruff check .
step "ruff: format" ruff format --check .
step "mypy --strict" mypy
step "import rules" lint-imports
# The SDL snapshot and the migration drift are tests: tests/schema/test_sdl.py, tests/migrations/test_migrations.py.
step "tests on SQLite and PostgreSQL" python -m pytest -q -n "${PYTEST_WORKERS:-2}" --dist loadfile -m "not nightly" "$@"
