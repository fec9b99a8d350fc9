#!/bin/sh
# The tests drive Debian's Chromium, look at Urdu and Arabic, and let Prometheus read the metrics.
# Brings what is missing where this user may; otherwise says in one line what to install.
# Prometheus is only unpacked, into .tools: its package would start a server of its own.
# shellcheck disable=SC2086 # what is missing is a list of words
set -eu
unpacked=.tools/debian

there() { command -v "$1" >/dev/null 2>&1; }

browser=
fonts=
prometheus=
# The headless shell is the same engine without windows, for about half of the processor time.
there chromium-headless-shell || browser=chromium-headless-shell
if there dpkg-query; then
    dpkg-query -W -f '${Status}' fonts-noto-core 2>/dev/null | grep -q 'install ok' ||
        fonts=fonts-noto-core
fi
{ there promtool && there prometheus; } || [ -x "$unpacked/usr/bin/promtool" ] ||
    prometheus=prometheus

# Goes on only while something is missing.
missing() { [ -n "$browser$fonts$prometheus" ] || exit 0; }
# For a machine that knows no headless shell.
whole_browser() { [ -z "$browser" ] || { there chromium && browser= || browser=chromium; }; }
refuse() {
    printf 'mizan: the tests need: %s (install them, then make test again)\n' "$(echo "$@")" >&2
    exit 1
}

missing
as_root=
if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
if ! there apt-get || ! $as_root true 2>/dev/null; then
    whole_browser
    missing
    refuse $browser $fonts $prometheus
fi
$as_root apt-get update -qq
apt-cache show chromium-headless-shell >/dev/null 2>&1 || whole_browser
missing
printf 'mizan: fetching %s\n' "$(echo $browser $fonts $prometheus)"
if [ -n "$browser$fonts" ]; then
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends \
        $browser $fonts >/dev/null
fi
if [ -n "$prometheus" ]; then
    mkdir -p "$unpacked"
    (cd "$unpacked" && apt-get download -qq prometheus 2>/dev/null &&
        dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb) || refuse prometheus
fi
