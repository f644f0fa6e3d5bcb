#!/bin/sh
# Makes everything a release consists of, into one folder:
#   scripts/release.sh --key FILE OUT       FILE: the private key (Ed25519, PEM), which stays where it is; see docs/releasing.md
#   scripts/release.sh --unsigned OUT       the same without signatures, for trying
# --anyway, for trying, leaves out the checks that all is committed and that CHANGELOG.md has this version. OUT must not exist.
set -eu
cd "$(dirname "$0")/.."
key='' unsigned='' anyway='' out=''
fail() { printf '%s\n' "release.sh: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
    case $1 in
    --key) key=${2:?--key needs a file}; shift ;;
    --unsigned) unsigned=1 ;;
    --anyway) anyway=1 ;;
    -*) fail "$1 is not known" ;;
    *) out=$1 ;;
    esac
    shift
done
[ -n "$out" ] || fail "say where to: scripts/release.sh --key FILE OUT"
[ -n "$key$unsigned" ] || fail "name the private key by --key, or say --unsigned"
[ -z "$key" ] || [ -r "$key" ] || fail "$key cannot be read"
[ ! -e "$out" ] || fail "$out is there already: releases are never written over"
[ -n "$anyway" ] || [ -z "$(git status --porcelain)" ] || fail "not everything is committed: a release is made of a commit"
[ -n "$anyway" ] || .venv/bin/python scripts/release.py check
.venv/bin/python scripts/sbom.py --check

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
.venv/bin/python scripts/wheel.py "$work/one" >/dev/null
.venv/bin/python scripts/wheel.py "$work/two" >/dev/null
for file in "$work"/one/*; do
    cmp -s "$file" "$work/two/$(basename "$file")" || fail "$(basename "$file") came out otherwise the second time"
done
rm -rf "$work/two"
cp deploy/install.sh deploy/container/Containerfile deploy/container/compose.yaml docs/sbom.json docs/licences.md CHANGELOG.md "$work/one/"
cp -r deploy/systemd deploy/polkit "$work/one/"
if [ -n "$key" ]; then
    .venv/bin/python scripts/release.py sign "$work/one" "$key"
else
    .venv/bin/python scripts/release.py sums "$work/one"
fi
mkdir -p "$(dirname "$out")"
cp -r "$work/one" "$out"
printf '%s\n' "$out:"
(cd "$out" && cat SHA256SUMS)
