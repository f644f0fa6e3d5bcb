#!/bin/sh
# Installs, upgrades and removes Hearthwatch as a service of a Debian-like machine. Run as root from a folder of a release, which
# holds the wheel, the lock and the folder `systemd`; nothing else is fetched but the packages the lock names, by their hashes.
#
#   install.sh install   [--from DIR] [--wheelhouse DIR] [--python PROGRAM] [--no-start]     also upgrades; may be repeated
#   install.sh back      one step back, to the version before the last upgrade
#   install.sh uninstall [--purge]   --purge also deletes settings, database, footage and the user
#   install.sh status
#   --dry-run            says what would be done and does nothing
#
# /opt/hearthwatch/versions/V   one virtual environment a version; the last two are kept
# /opt/hearthwatch/bin          leads to the one that runs: the one step of an upgrade that counts, made in a moment or not at all
# /var/lib/hearthwatch          settings, database, footage         /etc/hearthwatch   leads to the settings
set -eu
umask 022

home=/opt/hearthwatch data=/var/lib/hearthwatch etc=/etc/hearthwatch units=/etc/systemd/system user=hearthwatch
command_link=/usr/local/bin/hearthwatch
from=$(cd "$(dirname "$0")" && pwd)
action='' wheelhouse='' python='' dry='' start=1 purge='' stopped=''

say() { printf '%s\n' "$*"; }
fail() { printf '%s\n' "install.sh: $*" >&2; exit 1; }
# Does a step, or says it.
do_it() {
    if [ -n "$dry" ]; then
        printf 'would do:'; printf ' %s' "$@"; printf '\n'
    else
        "$@"
    fi
}
has_systemd() { [ -d /run/systemd/system ]; }
reload_units() { if has_systemd; then do_it systemctl daemon-reload; fi; }

while [ $# -gt 0 ]; do
    case $1 in
    install | upgrade) action=install ;;
    back | uninstall | status) action=$1 ;;
    --from) from=${2:?--from needs a folder}; shift ;;
    --wheelhouse) wheelhouse=${2:?--wheelhouse needs a folder}; shift ;;
    --python) python=${2:?--python needs a program}; shift ;;
    --no-start) start= ;;
    --purge) purge=1 ;;
    --dry-run) dry=1 ;;
    -h | --help) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "$1 is not known: see install.sh --help" ;;
    esac
    shift
done
[ -n "$action" ] || fail "say what to do: install, back, uninstall or status (see install.sh --help)"

# One at a time: two would make the same version.
lock() {
    [ -z "$dry" ] || return 0
    mkdir -p "$home"
    exec 9>"$home/.lock"
    flock -n 9 || fail "another install.sh is at work here: wait for it"
}

as_root() { [ "$(id -u)" = 0 ] || [ -n "$dry" ] || fail "only root can do this: sudo $0 $action"; }

find_python() {
    for name in ${python:-python3 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            python=$(command -v "$name")
            "$python" -c 'import venv, ensurepip' 2>/dev/null || fail "$python cannot make virtual environments: apt-get install python3-venv"
            return
        fi
    done
    fail "there is no Python 3.11 or newer: apt-get install python3 python3-venv (Debian 12 or newer)"
}

# Sets wheel, lock and version, or says what is missing.
find_release() {
    [ -d "$from" ] || fail "$from is no folder: name the one with the release by --from"
    set -- "$from"/hearthwatch-*.whl
    [ -f "$1" ] || fail "there is no wheel in $from: name the folder of the release by --from"
    [ $# = 1 ] || fail "there are several wheels in $from: leave the one to install"
    wheel=$1
    version=$(basename "$wheel" | cut -d- -f2)
    lock_file=$from/hearthwatch-$version.lock
    [ -f "$lock_file" ] || fail "$lock_file is missing: without its hashes nothing is installed"
    [ -z "$wheelhouse" ] || [ -d "$wheelhouse" ] || fail "$wheelhouse is no folder"
    [ -f "$from/systemd/hearthwatch.service" ] || fail "$from/systemd is missing: unpack the whole release"
    # the same version built anew is another one: its environment is made beside the old
    name=$version-$(sha256sum "$lock_file" | cut -c1-8)
}

check_room() {
    free_kib=$(df -Pk "$(dirname "$home")" | awk 'NR == 2 { print $4 }')
    [ "$free_kib" -gt 1500000 ] || fail "$(dirname "$home") has $((free_kib / 1024)) MB left, and 1500 are needed: make room first"
}

check_machine() {
    [ "$(uname -s)" = Linux ] || fail "this is $(uname -s): Hearthwatch runs on Linux"
    case $(uname -m) in
    x86_64 | aarch64) ;;
    *) fail "there are no packages for $(uname -m): a 64-bit system is needed (on a Raspberry Pi: the 64-bit image)" ;;
    esac
    if ldd --version 2>&1 | grep -qi musl; then
        fail "this system stands on musl, which the packages do not: take Debian, Ubuntu or Raspberry Pi OS"
    fi
    command -v flock >/dev/null || fail "flock is missing: apt-get install util-linux"
}

make_user() {
    id "$user" >/dev/null 2>&1 && return
    if command -v systemd-sysusers >/dev/null; then
        do_it install -D -m 644 "$from/systemd/hearthwatch.sysusers" /etc/sysusers.d/hearthwatch.conf
        do_it systemd-sysusers hearthwatch.conf
    else
        do_it useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin "$user"
    fi
}

make_folders() {
    do_it install -d -o "$user" -g "$user" -m 0700 "$data"
    do_it install -d -m 0755 "$etc"
    # the page writes the settings, so they lie with the data; whoever looks for them in /etc finds them there
    [ -L "$etc/hearthwatch.toml" ] || [ -e "$etc/hearthwatch.toml" ] || do_it ln -s "$data/hearthwatch.toml" "$etc/hearthwatch.toml"
}

# Makes the environment of $name unless it is there whole. What a killed run left is made anew.
make_venv() {
    venv=$home/versions/$name
    if [ -f "$venv/.complete" ]; then
        say "the environment of $version is there already"
        return
    fi
    say "making the environment of $version (some minutes)"
    do_it rm -rf "$venv"
    do_it mkdir -p "$home/versions"
    do_it "$python" -m venv "$venv"
    set -- --require-hashes --no-cache-dir --disable-pip-version-check --find-links "$from"
    [ -z "$wheelhouse" ] || set -- "$@" --no-index --find-links "$wheelhouse"
    do_it "$venv/bin/python" -m pip install -q "$@" -r "$lock_file" || fail "the packages could not be installed; what runs was not touched"
    do_it "$venv/bin/hearthwatch" --version >/dev/null || fail "what was installed does not start; what runs was not touched"
    [ -n "$dry" ] || printf '%s\n' "$version" >"$venv/.version"
    [ -n "$dry" ] || { sync "$venv" 2>/dev/null || true; : >"$venv/.complete"; }
}

# Does the version $1 (an environment) take the data and settings that are here? Asks nobody. 1: the data are newer, 2: the
# settings are not all known.
check_data() { STATE_DIRECTORY=$data "$1/bin/hearthwatch" upgrade-check; }
takes_data() { [ ! -e "$data/house.db" ] || check_data "$1" >/dev/null 2>&1; }

# Leads /opt/hearthwatch/bin to the environment $1. The rename is what counts: before it the old version runs, after it the new.
switch_to() {
    if [ -n "$dry" ]; then
        say "would do: lead $home/bin to $1/bin"
        return
    fi
    ln -sfn "$1/bin" "$home/.bin.new"
    mv -T "$home/.bin.new" "$home/bin"
}

current() { [ ! -L "$home/bin" ] || dirname "$(readlink "$home/bin")"; }

install_units() {
    for unit in "$from"/systemd/*.service; do
        do_it install -D -m 644 "$unit" "$units/$(basename "$unit")"
    done
    do_it install -d "$home/drop-ins"
    for drop_in in "$from"/systemd/drop-ins/*.conf; do
        [ ! -f "$drop_in" ] || do_it install -m 644 "$drop_in" "$home/drop-ins/"
    done
    reload_units
}

# A command for the owner: the program, as the user of the service, with its data.
install_command() {
    if [ -n "$dry" ]; then
        say "would do: write $command_link"
        return
    fi
    mkdir -p "$(dirname "$command_link")"
    cat >"$command_link.new" <<COMMAND
#!/bin/sh
# by Hearthwatch's install.sh: the program as the user of the service, with the data of the service
export STATE_DIRECTORY=$data
case \$(id -un) in
$user) exec $home/bin/hearthwatch "\$@" ;;
root) exec setpriv --reuid $user --regid $user --init-groups $home/bin/hearthwatch "\$@" ;;
*) exec sudo -- "\$0" "\$@" ;;
esac
COMMAND
    chmod 755 "$command_link.new"
    mv "$command_link.new" "$command_link"
}

# Copies of the databases before a newer version changes them: what `back` needs. Made while nothing writes.
keep_databases() {
    [ -e "$data/house.db" ] || return 0
    kept=$data/before-$name
    [ ! -e "$kept/.complete" ] || return 0
    do_it rm -rf "$kept"
    do_it install -d -o "$user" -g "$user" -m 0700 "$kept"
    [ -z "$dry" ] || return 0
    "$1/bin/python" - "$data" "$kept" <<'COPY'
import sqlite3, sys
from contextlib import closing
from pathlib import Path
from hearthwatch.run.config import load
from hearthwatch.run.schemas import schemas
data, kept = map(Path, sys.argv[1:])
with (kept / "places").open("w") as places:
    for each in schemas(data, load(data / "hearthwatch.toml")):
        if each.path.exists():
            with closing(sqlite3.connect(each.path)) as source, closing(sqlite3.connect(kept / each.name)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
            places.write(f"{each.name}\t{each.path}\n")
COPY
    chown -R "$user:$user" "$kept"
    : >"$kept/.complete"
    # of older upgrades nothing is kept: there is one step back
    for stale in "$data"/before-*; do
        [ "$stale" = "$kept" ] || rm -rf "$stale"
    done
}

stop_service() {
    if has_systemd && systemctl -q is-active hearthwatch; then
        stopped=1
        do_it systemctl stop hearthwatch
    fi
}
# Whatever ends this half-way: a house that ran runs on, with what /opt/hearthwatch/bin leads to now.
trap '[ -z "$stopped" ] || [ -n "$dry" ] || systemctl start hearthwatch' EXIT
start_service() {
    if [ -z "$start" ]; then
        stopped=''
        say "not started, as you wished: systemctl enable --now hearthwatch"
    elif has_systemd; then
        do_it systemctl enable -q hearthwatch
        do_it systemctl restart hearthwatch
        stopped=''
        say "running; journalctl -u hearthwatch shows the one-time code of the page"
    else
        say "systemd does not run here, so nothing was started: $home/bin/hearthwatch run --data $data"
    fi
}

do_install() {
    as_root
    check_machine
    find_python
    find_release
    check_room
    if [ -d "$home/bin" ] && [ ! -L "$home/bin" ]; then
        fail "$home was installed by hand: move it away first (the data in $data stay as they are)"
    fi
    lock
    old=$(current)
    venv=$home/versions/$name
    if [ "$old" = "$venv" ] && [ -f "$venv/.complete" ]; then
        say "$version is installed and is what runs; units and command are written anew"
    fi
    make_user
    make_folders
    make_venv
    if [ -z "$dry" ] && ! takes_data "$venv"; then
        check_data "$venv" >&2 || true
        fail "$version does not take the data in $data; what runs was not touched"
    fi
    if [ "$old" != "$venv" ]; then
        stop_service
        [ -z "$old" ] || keep_databases "$old"
        [ -z "$old" ] || do_it ln -sfn "$old" "$home/previous"
    fi
    install_units
    install_command
    switch_to "$venv"
    # the environments of this version and of the one before stay
    if [ -z "$dry" ]; then
        for other in "$home"/versions/*; do
            [ "$other" = "$venv" ] || [ "$other" = "$(readlink "$home/previous" 2>/dev/null || true)" ] || rm -rf "$other"
        done
    fi
    start_service
    say "Hearthwatch $version is installed; the version before: $(version_of "$home/previous")"
}

version_of() { cat "$1/.version" 2>/dev/null || echo none; }

do_back() {
    as_root
    lock
    now=$(current)
    old=$(readlink "$home/previous" || true)
    if [ -z "$old" ] || [ ! -f "$old/.complete" ] || [ "$old" = "$now" ]; then
        fail "there is no version before this one"
    fi
    code=0
    takes_data "$old" || code=$?
    [ "$code" -lt 2 ] || {
        check_data "$old" >&2 || true
        fail "$(version_of "$old") does not know these settings: take them out of $data/hearthwatch.toml first; nothing was changed"
    }
    stop_service
    if [ -z "$dry" ] && [ "$code" = 1 ]; then
        kept=$data/before-$(basename "$now")
        [ -f "$kept/.complete" ] || fail "$(version_of "$old") does not take the data any more, and there are no copies of before: restore a backup"
        say "$(version_of "$old") does not take the databases as they are now. Those of before the upgrade are put back;"
        say "what happened since is in $kept/since, for whoever wants to look. Footage stays where it is."
        install -d -o "$user" -g "$user" -m 0700 "$kept/since"
        while IFS="$(printf '\t')" read -r file place; do
            for end in "" -wal -shm; do
                [ ! -e "$place$end" ] || mv "$place$end" "$kept/since/"
            done
            install -o "$user" -g "$user" -m 0600 "$kept/$file" "$place"
        done <"$kept/places"
    fi
    switch_to "$old"
    do_it ln -sfn "$now" "$home/previous"
    start_service
    say "Hearthwatch $(version_of "$old") runs again; install.sh back leads to $(version_of "$now")"
}

do_uninstall() {
    as_root
    if has_systemd && [ -e "$units/hearthwatch.service" ]; then
        do_it systemctl disable -q --now hearthwatch || true
    fi
    do_it rm -f "$units/hearthwatch.service" "$units/hearthwatch-hub.service" "$units/hearthwatch-worker.service"
    reload_units
    do_it rm -f "$command_link" /etc/sysusers.d/hearthwatch.conf
    do_it rm -rf "$home"
    [ ! -L "$etc/hearthwatch.toml" ] || do_it rm -f "$etc/hearthwatch.toml"
    [ ! -d "$etc" ] || do_it rmdir "$etc" 2>/dev/null || say "$etc holds something of yours and stays"
    if [ -n "$purge" ]; then
        do_it rm -rf "$data"
        if id "$user" >/dev/null 2>&1; then do_it userdel "$user" || true; fi
        say "Hearthwatch is gone, with all it kept"
    else
        say "Hearthwatch is gone; settings, database and footage stay in $data (uninstall --purge deletes them)"
    fi
}

do_status() {
    now=$(current)
    say "runs: $(version_of "${now:-/nowhere}")   before: $(version_of "$home/previous")   data: $data"
    [ -n "$now" ] || return 0
    check_data "$now" || true
}

case $action in
install) do_install ;;
back) do_back ;;
uninstall) do_uninstall ;;
status) do_status ;;
esac
