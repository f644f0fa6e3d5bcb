#!/bin/sh
# All that must be true of the project. Three lanes at once, for no single one keeps two cores busy: the tests that work, the
# tests that mostly wait, and what reads the sources (format, lint, types, contracts, the page's own tests).
set -u
cd "$(dirname "$0")/.."
logs=.venv/lanes
rm -rf "$logs" && mkdir -p "$logs"
.venv/bin/python -m compileall -q src tests || exit 1

sources() {
    make --no-print-directory check && scripts/setup.sh test-ui
}

waits() {
    .venv/bin/pytest -n 2 --dist worksteal -q -m waits
}

sources >"$logs/sources" 2>&1 &
sources=$!
waits >"$logs/waits" 2>&1 &
waits=$!
.venv/bin/pytest -n 2 --dist worksteal -q --durations=25 -m 'not waits'
status=$?
for lane in sources waits; do
    eval "wait \$$lane" || status=1
    printf '\n== %s\n' "$lane"
    cat "$logs/$lane"
done
exit $status
