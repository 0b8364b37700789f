#!/bin/sh
# Stands for a tool of CmdStan: builds it when it is first wanted, and runs it.
folder=$(cd "$(dirname "$0")/.." && pwd) || exit 1
name=$(basename "$0")
tool=$("${MAKE:-make}" -s --no-print-directory -C "$folder" "where-is-$name") || {
  echo "$name could not be built. In $folder: make build-all" >&2
  exit 1
}
exec "$tool" "$@"
