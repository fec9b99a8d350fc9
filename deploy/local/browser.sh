#!/bin/sh
# The browser tests drive Debian's Chromium and look at Urdu and Arabic. Brings both when they are
# missing and this user may; otherwise says in one line what to install.
set -eu

missing=
command -v chromium >/dev/null 2>&1 || missing=chromium
if command -v dpkg-query >/dev/null 2>&1; then
    dpkg-query -W -f '${Status}' fonts-noto-core 2>/dev/null | grep -q 'install ok' ||
        missing="$missing fonts-noto-core"
fi
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then as_root="sudo -n"; fi
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    printf 'mizan: installing %s\n' "$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086 # a list of words
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -qq -y --no-install-recommends \
        $missing >/dev/null
    exit 0
fi
printf 'mizan: the browser tests need: %s (install them, then make test again)\n' "$missing" >&2
exit 1
