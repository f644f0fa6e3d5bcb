#!/bin/sh
# All that must be true of the project: the tests, and beside them what reads the sources (format, lint, types, contracts, the
# page's own tests). One worker more than two cores, for many tests wait most of the time.
set -u
cd "$(dirname "$0")/.."
log=.venv/sources.log
.venv/bin/python -m compileall -q src tests || exit 1

sources() {
    make --no-print-directory check && scripts/setup.sh test-ui
}

sources >"$log" 2>&1 &
sources=$!
.venv/bin/pytest -n 3 --dist worksteal -q --durations=25
status=$?
wait "$sources" || status=1
printf '\n== sources\n'
cat "$log"
exit $status
