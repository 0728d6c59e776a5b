#!/bin/sh
# Runs the whole test suite under a sanitizer; about 15 minutes (address) and half an hour (thread) on two cores.
# Usage: Tests/Sanitizers/run.sh address|thread [options of swift test, such as --filter PlanDigestTests]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sanitizer=${1:?address or thread}
shift
build=$root/.build/sanitize-$sanitizer
cd "$root"
case $sanitizer in
address)
    # Foundation's Process reads past the end of a folder's entries, and Foundation and XCTest leak.
    mkdir -p "$build"
    echo 'interceptor_via_lib:libFoundation.so' >"$build/suppressions"
    export ASAN_OPTIONS="detect_leaks=0:suppressions=$build/suppressions"
    ;;
thread)
    # A copy of the package, with a mutex that the sanitizer sees. Its extra import is not in the table of layers.
    mkdir -p "$build/source"
    git ls-files -z | xargs -0 cp --parents -t "$build/source"
    cd "$build/source"
    grep -rlE '\bMutex[<(]' Sources Tests --include='*.swift' | cut -d/ -f1,2 | grep -v Sanitizers | sort -u |
        while read -r target; do cp "$here/PthreadMutex.swift" "$target"; done
    set -- --skip ArchitectureTests "$@"
    ;;
*)
    echo "$sanitizer is neither address nor thread" >&2
    exit 64
    ;;
esac
exec swift test --sanitize="$sanitizer" --scratch-path "$build/build" "$@"
