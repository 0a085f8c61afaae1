#!/usr/bin/env bash
# Sets up Slurm on this one machine, under a folder of its own, and runs a study through it, in which one worker makes room for another job and
# one is killed.
#   tests/slurm.sh [DIR]          DIR: where to put it all; default a new temporary folder
# Needs root and Debian's slurm-wlm (apt-get install slurm-wlm). Exit code 77: Slurm cannot be started here, and why.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"/{etc,state,spool,log,run}
cannot() { echo "Slurm cannot be started here: $*"; exit 77; }

[ "$(id -u)" = 0 ] || cannot "its daemons need root"
command -v slurmctld slurmd sbatch munged > /dev/null || cannot "slurm-wlm is not installed"
host=$(hostname -s)

# A key of its own, so that an installed cluster is left alone.
munge_socket=$folder/run/munge.socket
dd if=/dev/urandom of="$folder/etc/munge.key" bs=128 count=1 status=none
chmod 400 "$folder/etc/munge.key"
munged --force --socket="$munge_socket" --key-file="$folder/etc/munge.key" --pid-file="$folder/run/munged.pid" \
    --log-file="$folder/log/munged.log" --seed-file="$folder/state/munge.seed" || cannot "munged: $(tail -1 "$folder/log/munged.log" 2> /dev/null)"

# Two workers run at once, whatever the machine has; nproc would count OMP_NUM_THREADS, which tests set to one.
cat > "$folder/etc/slurm.conf" << CONF
ClusterName=dsd
SlurmctldHost=$host
AuthType=auth/munge
AuthInfo=socket=$munge_socket,cred_expire=5
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=36817
SlurmdPort=36818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=$host CPUs=2 State=UNKNOWN
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=low Nodes=$host Default=YES PriorityTier=1 GraceTime=30 MaxTime=INFINITE State=UP
PartitionName=high Nodes=$host PriorityTier=2 MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/etc/slurm.conf
stop() {
    for name in slurmd slurmctld munged; do
        pid=$(cat "$folder/run/$name.pid" 2> /dev/null) || continue
        kill "$pid" 2> /dev/null || continue
        for _ in $(seq 50); do
            kill -0 "$pid" 2> /dev/null || break
            sleep 0.2
        done
    done
}
trap stop EXIT

slurmctld -f "$SLURM_CONF" > "$folder/log/start.log" 2>&1 || cannot "slurmctld: $(tail -1 "$folder/log/start.log")"
slurmd -f "$SLURM_CONF" -N "$host" >> "$folder/log/start.log" 2>&1 || cannot "slurmd: $(tail -1 "$folder/log/start.log") $(tail -1 "$folder/log/slurmd.log" 2> /dev/null)"
for _ in $(seq 60); do
    sinfo -h -o %t 2> /dev/null | grep -q idle && break
    sleep 0.5
done
sinfo -h -o %t 2> /dev/null | grep -q idle || cannot "its node does not come up: $(tail -1 "$folder/log/slurmctld.log") $(tail -1 "$folder/log/slurmd.log")"

cat > "$folder/study.json" << 'JSON'
{
  "name": "slurm",
  "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 6400 },
  "schedule": { "phases": [
    { "duration": "3000st", "rate": 0.05 },
    { "duration": "3000st", "rate": 0.005, "sparsity": 0.5 },
    { "duration": "3000st", "rate": 0.0005 } ] },
  "seeds": 4
}
JSON
dsd=${DSD:-"dotnet run -c Release --project $repository/core/Dsd.Cli --"}
cd "$folder"
failed() { echo "$*"; cat slurm.err slurm/slurm-*.log; exit 1; }
until_true() { for _ in $(seq 900); do eval "$1" && return; sleep 0.2; done; failed "This did not come true within three minutes: $1"; }
# Each worker claims one block.
at_work='[ "$(ls slurm/claims 2> /dev/null | wc -l)" -ge 2 ] && [ "$(squeue --noheader --array --partition=low --states=RUNNING | wc -l)" -ge 2 ]'
$dsd study run study.json --out local --quiet > local.txt
$dsd study run study.json --out slurm --launcher slurm --wait --workers 2 > slurm.txt 2> slurm.err &
run=$!
until_true "$at_work"
echo "A job that takes the whole machine makes both workers stop and wait."
sbatch --partition=high --exclusive --wrap='sleep 1' --output=/dev/null > high.txt
until_true '[ "$(cat slurm/slurm-*.log | grep -c interrupted)" -ge 2 ]'
until_true "$at_work"
echo "One is asked to stop, as before its time is over, and one is killed."
scancel --signal=TERM --batch 1_1
scancel --signal=KILL --batch 1_2
until_true 'grep -q "goes back into the queue" slurm/slurm-1-*.log'
wait $run || failed 'The command that waits failed.'
grep -q 'another takes its place' slurm.err || failed 'The killed worker was not replaced.'
grep -q runResumed slurm/trials/*/events.jsonl || failed 'No trial went on from a checkpoint.'
diff local.txt slurm.txt && echo "Slurm: workers that were stopped went on, a killed one was replaced, and the results are those of a local run."
