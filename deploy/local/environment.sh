#!/bin/sh
# Makes .venv from requirements.lock, every package checked against its hash, and touches the stamp
# given as $1. Needs only Python 3.11 or newer; uv is fetched from PyPI when it is not there.
set -eu
stamp=$1
uv_version=0.13.9
# Networks with certificates of their own are known to the machine, not to uv.
export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-true}"
began=$(date +%s)

say() { printf 'mizan: %s\n' "$*"; }
refuse() { printf 'mizan: %s\n' "$*" >&2; exit 1; }

find_python() {
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        path=$(command -v "$name" 2>/dev/null) || continue
        if "$path" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$path"
            return
        fi
    done
    return 1
}

# pip into a folder works on Debian too, where the system's Python refuses other installs.
fetch_uv() {
    say "fetching uv $uv_version"
    if "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --disable-pip-version-check --no-warn-script-location \
            --root-user-action=ignore --upgrade --target .tools "uv==$uv_version"
    elif "$python" -m venv .tools >/dev/null 2>&1; then
        .tools/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
    else
        refuse "this Python has neither pip nor venv; on Debian: apt-get install python3-venv"
    fi
}

python=$(find_python) || refuse "Python 3.11 or newer is needed and none was found on the PATH"
if uv=$(command -v uv); then :; else
    uv=.tools/bin/uv
    [ -x "$uv" ] || fetch_uv
fi
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "making .venv with $("$python" --version)"
    rm -rf .venv
    "$uv" venv --quiet --no-config --python "$python" .venv
fi
say "installing the packages of requirements.lock (the first time takes a minute or two)"
"$uv" pip sync --quiet --no-config --python .venv/bin/python --require-hashes requirements.lock
"$uv" pip install --quiet --no-config --python .venv/bin/python --no-deps --no-build-isolation -e .
touch "$stamp"
say "environment ready after $(($(date +%s) - began)) s"
