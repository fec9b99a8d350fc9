#!/bin/sh
# The tests drive Debian's Chromium, look at Urdu and Arabic, and let Prometheus read the metrics.
# Brings what is missing where this user may; otherwise says in one line what to install.
# Prometheus is only unpacked, into .tools: its package would start a server of its own.
set -eu
unpacked=.tools/debian

missing=
command -v chromium >/dev/null 2>&1 || missing=chromium
if command -v dpkg-query >/dev/null 2>&1; then
    dpkg-query -W -f '${Status}' fonts-noto-core 2>/dev/null | grep -q 'install ok' ||
        missing="$missing fonts-noto-core"
fi
prometheus=
{ command -v promtool >/dev/null 2>&1 && command -v prometheus >/dev/null 2>&1; } ||
    [ -x "$unpacked/usr/bin/promtool" ] || prometheus=prometheus
missing=${missing# }
[ -n "$missing$prometheus" ] || exit 0

refuse() {
    printf 'mizan: the tests need: %s (install them, then make test again)\n' "$*" >&2
    exit 1
}

as_root=
if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
if ! command -v apt-get >/dev/null 2>&1 || ! $as_root true 2>/dev/null; then
    refuse $missing $prometheus
fi
printf 'mizan: fetching %s\n' "$missing${missing:+${prometheus:+ }}$prometheus"
$as_root apt-get update -qq
if [ -n "$missing" ]; then
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends \
        $missing >/dev/null
fi
if [ -n "$prometheus" ]; then
    mkdir -p "$unpacked"
    (cd "$unpacked" && apt-get download -qq prometheus 2>/dev/null &&
        dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb) || refuse prometheus
fi
