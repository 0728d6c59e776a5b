#!/bin/sh
# Fuzzes the manifest reader with libFuzzer and AddressSanitizer, beginning with the repository's manifests and
# the texts in Tests/Fuzz/corpus, which earlier runs found.
# Usage: Tests/Fuzz/manifest.sh [FOLDER] [libFuzzer options, such as -max_total_time=600]
# FOLDER (default .build/fuzz) keeps the build, the corpus and what crashed.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
case ${1:-} in
    '' | -*) folder=$root/.build/fuzz ;;
    *) folder=$1; shift ;;
esac
mkdir -p "$folder/corpus"
cd "$folder"
compile() {
    swiftc -O -g -wmo -parse-as-library -swift-version 6 -package-name cosplan -sanitize=fuzzer,address \
        -enable-upcoming-feature ExistentialAny -I . -I "$root/Sources/CLibYAML" "$@"
}
for module in PlanCore PlanManifest; do
    compile -emit-module -emit-module-path $module.swiftmodule -module-name $module \
        -c $(find "$root/Sources/$module" -name "*.swift") -o $module.o
done
compile -module-name ManifestFuzz "$root/Tests/Fuzz/ManifestFuzz.swift" PlanCore.o PlanManifest.o -lyaml -o fuzz-manifest
for manifest in "$root"/manifests/*.yaml "$root"/manifests/*.json "$root"/manifests/broken/*.yaml "$root"/manifests/broken/*.json; do
    cp "$manifest" "corpus/seed-$(basename "$manifest")"
done
cp "$root"/Tests/Fuzz/corpus/* corpus
SWIFT_BACKTRACE=enable=no exec ./fuzz-manifest -max_len=8192 -timeout=10 -dict="$root/Tests/Fuzz/manifest.dict" -rss_limit_mb=1024 -print_final_stats=1 "$@" corpus
