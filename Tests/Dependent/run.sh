#!/bin/sh
# Builds a package that depends on this one by git, and runs it: a program that uploads a file with the library
# COSUpload, and runs examples of the documentation. Minutes, since all of it is built anew.
# Usage: Tests/Dependent/run.sh
# What is committed is tested. The packages that this one depends on come from the clones that a build of it has made;
# nothing is fetched, and where the system allows a network of its own there is none to fetch from.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/cosplan-dependent-XXXXXX")
trap 'rm -rf "$folder"' EXIT

# Settings for git that hold for this script alone, and for the programs that git starts: those in variables do not, and a
# clone of a repository of another user would be refused.
export GIT_CONFIG_GLOBAL="$folder/gitconfig"
set_git() { git config --file "$GIT_CONFIG_GLOBAL" --add "$1" "$2"; }
set_git safe.directory '*'
for clone in "$root"/.build/repositories/*; do
    [ -d "$clone" ] || {
        echo "$root/.build/repositories: no clones; build the package first" >&2
        exit 1
    }
    set_git "url.file://$clone.insteadOf" "$(git --git-dir="$clone" config --get remote.origin.url)"
done

git clone -q --bare "$root" "$folder/cosplan.git"
mkdir -p "$folder/program/Sources/program"
cp "$here/program.swift" "$folder/program/Sources/program/main.swift"
for example in Kit Plan Service; do
    cp "$root/Tests/DocumentationTests/Examples/${example}Examples.swift" "$folder/program/Sources/program/"
done
cat >"$folder/program/Package.swift" <<EOF
// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "program",
    dependencies: [
        .package(url: "file://$folder/cosplan.git", revision: "$(git -C "$root" rev-parse HEAD)")
    ],
    targets: [
        .executableTarget(
            name: "program",
            dependencies: ["CosplanKit", "PlanCore", "PlanFiles", "PlanDigest", "ServiceCore", "COSUpload"].map {
                .product(name: \$0, package: "cosplan")
            })
    ])
EOF

alone=
if unshare -rn true 2>/dev/null; then alone='unshare -rn'; fi
$alone swift build --package-path "$folder/program" --scratch-path "$folder/build" --cache-path "$folder/cache" \
    --product program

head -c 3000000 /dev/urandom >"$folder/file"
for mode in plain trailer cut; do
    # The server prints its port, and ends with this script.
    python3 "$root/Tests/CommandTests/odd_server.py" $mode >"$folder/port" &
    server=$!
    trap 'kill $server 2>/dev/null; rm -rf "$folder"' EXIT
    while [ ! -s "$folder/port" ]; do sleep 0.1; done
    timeout 60 "$folder/build/debug/program" "$(cat "$folder/port")" "$folder" $mode
    kill $server
    wait $server 2>/dev/null || true
    trap 'rm -rf "$folder"' EXIT
    : >"$folder/port"
done
echo "the dependent package works"
