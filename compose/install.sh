#!/bin/sh
# install.sh             install what packages.lock names, beside this file, in exactly those versions
# install.sh PACKAGE...  install packages of a build stage, in whatever version there is
#
# A locked version that the mirror no longer has comes from snapshot.debian.org as of the lock's date.
# Where that can't be reached either, the mirror's version is taken, and
# /usr/lib/chaindrill/packages.differ names it: `chaindrill doctor` reads that file out.
set -eu
here=$(dirname "$0")
lock=$here/packages.lock
export DEBIAN_FRONTEND=noninteractive

apt() {
    apt-get -q -o Acquire::http::Timeout=15 -o Acquire::https::Timeout=15 -o Acquire::Retries=1 \
        -o Acquire::Languages=none -o APT::Update::Error-Mode=any -o Dpkg::Use-Pty=0 "$@"
}

install() {
    apt install -y --no-install-recommends --allow-downgrades -o Dpkg::Options::=--force-unsafe-io "$@"
}

# Only what the builder chose is a source: security updates are left out where its mirror has none.
use_mirror() {
    rm -rf /etc/apt/sources.list.d/* /etc/apt/preferences.d/chaindrill
    cp "$here/mirror.list" /etc/apt/sources.list
    apt update && return
    echo "the mirror does not have every suite: only its main one is used"
    grep ' trixie main$' "$here/mirror.list" > /etc/apt/sources.list
    apt update
}

use_snapshot() {
    date=$(sed -n 's/^# snapshot //p' "$lock")
    archive=http://snapshot.debian.org/archive
    {
        echo "deb [check-valid-until=no] $archive/debian/$date trixie main"
        echo "deb [check-valid-until=no] $archive/debian-security/$date trixie-security main"
    } > /etc/apt/sources.list
    printf 'Package: *\nPin: origin snapshot.debian.org\nPin-Priority: 1001\n' > /etc/apt/preferences.d/chaindrill
    apt update
}

# The version of package $1 that is locked version $2, or the same one rebuilt (+b1, +b2 differ by
# architecture); nothing where neither is to be had.
available() {
    apt-cache madison "$1" | awk -F'|' -v want="$2" '
        { gsub(/ /, "", $2); have = bare = $2; sub(/\+b[0-9]+$/, "", bare); base = want; sub(/\+b[0-9]+$/, "", base) }
        have == want { exact = have }
        bare == base && !near { near = have }
        END { print exact ? exact : near }'
}

# Sets $plan to what apt is to install, and $absent to the packages that it takes in another version.
make_plan() {
    plan= absent=
    while read -r package version; do
        case $package in '' | '#'*) continue ;; esac
        found=$(available "$package" "$version")
        plan="$plan $package${found:+=$found}"
        [ -n "$found" ] || absent="$absent $package"
    done < "$lock"
}

if [ -s "$here/ca-certificates.crt" ]; then
    echo "Acquire::https::CAInfo \"$here/ca-certificates.crt\";" > /etc/apt/apt.conf.d/chaindrill
fi
use_mirror
if [ $# -gt 0 ]; then
    install "$@"
else
    make_plan
    if [ -n "$absent" ]; then
        echo "not on the mirror in the locked version:$absent"
        use_snapshot || use_mirror
        make_plan
    fi
    install $plan
    mkdir -p /usr/lib/chaindrill
    while read -r package version; do
        case $package in '' | '#'*) continue ;; esac
        got=$(dpkg-query -W -f '${Version}' "$package")
        echo "$package $got" >> /usr/lib/chaindrill/packages
        [ "${got%+b[0-9]*}" = "${version%+b[0-9]*}" ] ||
            echo "$package is $got, locked is $version" >> /usr/lib/chaindrill/packages.differ
    done < "$lock"
fi
echo "deb http://deb.debian.org/debian trixie main" > /etc/apt/sources.list
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb \
    /etc/apt/apt.conf.d/chaindrill /etc/apt/preferences.d/chaindrill /var/log/apt /var/log/dpkg.log
