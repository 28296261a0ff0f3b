# shellcheck shell=bash
# Sourced by the scripts beside it: go to the clone's folder and find a Python that is new enough.

if [[ -n "${KLING_SITE_VAR:-}" && "$KLING_SITE_VAR" != /* ]]; then
  export KLING_SITE_VAR="$PWD/$KLING_SITE_VAR"
fi
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

is_new_enough() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
  local candidate
  if [[ -n "${PYTHON:-}" ]]; then
    is_new_enough "$PYTHON" && printf '%s\n' "$PYTHON"
    return
  fi
  # An existing .venv keeps its Python, whatever has since become the machine's first choice.
  for candidate in .venv/bin/python python3 python3.13 python3.12 python3.11; do
    if is_new_enough "$candidate"; then
      "$candidate" -c 'import os, sys; print(os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable))'
      return
    fi
  done
  return 1
}

# shellcheck disable=SC2034  # the scripts that source this file use it
if ! python=$(find_python); then
  if [[ -n "${PYTHON:-}" ]]; then
    echo "PYTHON is set to $PYTHON, which is not Python 3.11, 3.12 or 3.13." >&2
  else
    echo "Kling Site needs Python 3.11, 3.12 or 3.13. This machine has $(python3 --version 2>/dev/null || echo none)." \
      "Install one, or name it, for example PYTHON=/usr/bin/python3.11 $0." >&2
  fi
  exit 1
fi
