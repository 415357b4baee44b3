#!/bin/sh
# build.sh FOLDER: compiles forward.c for this very processor into FOLDER/forward.so.
# Without gcc it says so, and ./javf bench forward leaves the C program out.
set -eu
source=$(dirname "$0")/forward.c
target=$1/forward.so
if ! command -v gcc >/dev/null 2>&1; then
  echo "no gcc: the C program that javf is compared with is left out (apt install gcc)"
  exit 0
fi
if [ ! -e "$target" ] || [ "$source" -nt "$target" ]; then
  mkdir -p "$1"
  gcc -O3 -march=native -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -o "$target" "$source"
fi
