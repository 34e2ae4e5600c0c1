#!/bin/sh
# Prints the path of a Python 3.13 or newer that really runs, or says what was tried and exits with 1.
# PYTHON names one to use instead. Version managers leave shims on PATH that fail, so every candidate is run.
set -u
tried=""
good() {
  tried="$tried $1"
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 13))' >/dev/null 2>&1
}
for name in ${PYTHON:-} python3.13 python3.14 python3; do
  path=$(command -v "$name" 2>/dev/null) || continue
  if good "$path"; then
    # A shim may stop working in another folder: use the interpreter behind it.
    "$path" -c 'import sys; print(sys.executable)'
    exit 0
  fi
done
for path in "$HOME"/.pyenv/versions/3.13*/bin/python3 "$HOME"/.pyenv/versions/3.14*/bin/python3; do
  if [ -x "$path" ] && good "$path"; then
    echo "$path"
    exit 0
  fi
done
# Last resort: uv, a package, fetches one.
if ! command -v uv >/dev/null 2>&1 && command -v python3 >/dev/null 2>&1; then
  python3 -m venv .venv-uv >/dev/null 2>&1 && .venv-uv/bin/pip install -q uv >/dev/null 2>&1
fi
for uv in uv .venv-uv/bin/uv; do
  command -v "$uv" >/dev/null 2>&1 || continue
  tried="$tried $uv"
  if "$uv" python install 3.13 >/dev/null 2>&1; then
    path=$("$uv" python find 3.13 2>/dev/null) && good "$path" && echo "$path" && exit 0
  fi
done
{
  echo "No Python 3.13 or newer was found. Tried:${tried:- nothing on PATH}."
  echo "Install one (https://www.python.org/downloads/) or name it: make setup PYTHON=/path/to/python3.13"
} >&2
exit 1
