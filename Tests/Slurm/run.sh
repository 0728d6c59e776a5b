#!/usr/bin/env bash
# A real Slurm on this machine: an array of 4 tasks plans 200 files, another checks one file of 2 GiB, a third sends the 200
# files to the emulator. One task is killed and requeued; merge names the shard that is missing, and then writes the plan of
# one process. The job files are those of the article ManyMachines. Needs root: installs Debian's Slurm and munge where they
# are missing, and runs them in a folder that is removed.
# Usage: Tests/Slurm/run.sh COSPLAN
set -euo pipefail
cosplan="$(readlink -f "$1")"
article="$(dirname "$(readlink -f "$0")")/../../Sources/cosplan/cosplan.docc/ManyMachines.md"

say() { echo "== Slurm: $*"; }
fail() { echo "Slurm: $*" >&2; exit 1; }

if ! command -v slurmctld slurmd munged > /dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends slurm-wlm munge
fi

place="$(mktemp -d "${TMPDIR:-/tmp}/cosplan-slurm-XXXXXX")"
# Ends a process of ours, by its number, and waits until it has gone.
end_process() {
    local try
    kill "$1" 2> /dev/null || return 0
    for try in $(seq 50); do
        kill -0 "$1" 2> /dev/null || return 0
        sleep 0.1
    done
    kill -KILL "$1" 2> /dev/null || true
}
clean_up() {
    local name process
    if [ -n "${job:-}" ]; then
        timeout 10 scancel "$job" 2> /dev/null || true
        for try in $(seq 100); do ! ended || break; sleep 0.1; done
    fi
    for name in serve d.n1 d.n2 ctld munged; do
        process="$(cat "$place/$name.pid" 2> /dev/null)" || continue
        end_process "$process"
    done
    rm -rf "$place"
}
ended() {
    local left
    left="$(timeout 10 squeue -h -j "$job" 2> /dev/null)" && [ -z "$left" ]
}
trap clean_up EXIT
chmod 755 "$place"
mkdir -p "$place"/{state,log,spool/n1,spool/n2,bin,work/{data,shards,results,receipts}}
ln -s "$cosplan" "$place/bin/cosplan"
export PATH="$place/bin:$PATH" SLURM_CONF="$place/slurm.conf"

# Ports that nobody listens at now.
read -r controller first second < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(3)]
for each in sockets: each.bind(("127.0.0.1", 0))
print(*(each.getsockname()[1] for each in sockets))')
host="$(hostname)"
cat > "$SLURM_CONF" << END
ClusterName=cosplan
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$place/munge.socket,cred_expire=20
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$place/state
SlurmdSpoolDir=$place/spool/%n
SlurmctldLogFile=$place/log/ctld
SlurmdLogFile=$place/log/d.%n
SlurmctldPidFile=$place/ctld.pid
SlurmdPidFile=$place/d.%n.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
ReturnToService=2
SelectType=select/cons_tres
MpiDefault=none
SchedulerParameters=batch_sched_delay=0
SlurmctldPort=$controller
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$first CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$second CPUs=1
PartitionName=p Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
(umask 077 && head -c 1024 /dev/urandom > "$place/munge.key")
munged --force --key-file="$place/munge.key" --socket="$place/munge.socket" --pid-file="$place/munged.pid" \
    --log-file="$place/log/munged" --seed-file="$place/munge.seed"
slurmctld -f "$SLURM_CONF"
slurmd -N n1 -f "$SLURM_CONF"
slurmd -N n2 -f "$SLURM_CONF"

# Waits at most two minutes for a command to succeed.
await() {
    local try
    for try in $(seq 600); do
        if "$@" > /dev/null 2>&1; then return; fi
        sleep 0.2
    done
    tail -n 20 "$place"/log/* >&2
    fail "does not succeed within two minutes: $*"
}
nodes_idle() { [ "$(sinfo -h -N -t idle | wc -l)" = 2 ]; }
await nodes_idle
say "$(sinfo --version) runs, with two nodes"

# The job file that the article gives under a name.
job_file() {
    awk -v name="\`$1\`:" '
        $0 == name { found = 1; next }
        found && /^```sh$/ { inside = 1; next }
        inside && /^```$/ { exit }
        inside { print }' "$article"
}

cd "$place/work"
python3 -c '
import random
random.seed(1)
for index in range(200):
    with open(f"data/f{index}", "wb") as file: file.write(random.randbytes(random.randrange(300_000)))'
truncate -s 2G big && printf cosplan | dd of=big bs=1M seek=1500 conv=notrunc status=none
cosplan hash -q -r data -o one.yaml

say "an array of 4 plans 200 files; task 3 hangs"
job_file hash.sbatch > hash.sbatch
# The first time, task 3 waits to be killed.
{
    grep '^#' hash.sbatch
    echo '[ "$SLURM_ARRAY_TASK_ID.${SLURM_RESTART_COUNT:-0}" != 3.0 ] || sleep infinity'
    grep -v '^#' hash.sbatch
} > hanging.sbatch
job="$(sbatch --parsable hanging.sbatch)"
others_done() { [ -s shards/1.yaml ] && [ -s shards/2.yaml ] && [ -s shards/4.yaml ]; }
await others_done
task_runs() { [ "$(squeue -h -r -j "${job}_3" -o %t)" = R ]; }
await task_runs
status=0
cosplan merge shards/*.yaml -o plan.yaml 2> merge.log || status=$?
[ "$status" = 1 ] || fail "merge of 3 shards ended with $status"
grep 'shard 3 of 4 is missing;' merge.log || fail "merge did not name the missing shard: $(cat merge.log)"
[ ! -e plan.yaml ] || fail "merge wrote a plan of 3 shards"

say "task 3 is killed and requeued"
scontrol requeue "${job}_3"
# A requeued job waits until its credential has expired, and is not listed for a moment.
requeued_ended() { [ -s shards/3.yaml ] && ended; }
await requeued_ended
cosplan merge shards/*.yaml -o plan.yaml
cmp one.yaml plan.yaml
say "the merged plan is that of one process"

say "an array of 4 checks one file of 2 GiB"
cosplan hash -q big -o plan.yaml
job_file verify.sbatch > verify.sbatch
job="$(sbatch --parsable verify.sbatch)"
await ended
cosplan verify --merge results/*.json | tee merged.txt
grep -q 'bytes: 1 of 1 file as planned, by 4 of 4 shards' merged.txt

say "one byte of it changes"
printf x | dd of=big bs=1M seek=700 conv=notrunc status=none
rm results/*
job="$(sbatch --parsable verify.sbatch)"
await ended
status=0
cosplan verify --merge results/*.json > merged.txt || status=$?
cat merged.txt
[ "$status" = 1 ] || fail "the merged answer ended with $status"
grep -q "data differ from the plan at offset $((700 << 20)), length 1048576" merged.txt

say "an array of 4 sends the 200 files"
export COSPLAN_SECRET_ID=AKIDEXAMPLE COSPLAN_SECRET_KEY=example
cosplan serve --root store > url &
echo $! > "$place/serve.pid"
await grep -q http url
cosplan hash -q -r data --endpoint "$(cat url)" --region gz --appid 1251668577 --bucket backup -o plan.yaml
job_file push.sbatch > push.sbatch
job="$(sbatch --parsable push.sbatch)"
await ended
diff -r data store/objects/1251668577/backup/data
[ "$(cat receipts/*.jsonl | grep -c '"result":"uploaded"')" = 200 ] || fail "the receipts are not of 200 uploads"
install -m 600 /dev/null receipt.jsonl && cat receipts/*.jsonl >> receipt.jsonl
cosplan push plan.yaml --receipt receipt.jsonl 2> push.log
grep '200 skipped: the receipt says they are there' push.log
say "all passed"
