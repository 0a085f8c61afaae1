#!/usr/bin/env bash
# Sets up Slurm on this one machine, under a folder of its own, and runs a study through it.
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

cat > "$folder/etc/slurm.conf" << CONF
ClusterName=dsd
SlurmctldHost=$host
AuthType=auth/munge
AuthInfo=socket=$munge_socket
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
ReturnToService=2
NodeName=$host CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
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
  "setting": { "network": "lenet-300-100", "data": "fashion-mnist", "trainLimit": 640 },
  "schedule": { "phases": [
    { "duration": "20st", "rate": 0.05 },
    { "duration": "20st", "rate": 0.005, "sparsity": 0.5 },
    { "duration": "20st", "rate": 0.0005 } ] },
  "seeds": 4
}
JSON
dsd=${DSD:-"dotnet run -c Release --project $repository/core/Dsd.Cli --"}
cd "$folder"
$dsd study run study.json --out local --quiet > local.txt
$dsd study run study.json --out slurm --launcher slurm --workers 2
for _ in $(seq 240); do
    [ -f slurm/judgement.json ] && break
    sleep 0.5
done
[ -f slurm/judgement.json ] || { echo "Slurm's workers did not finish the study:"; cat slurm/slurm-*.log; exit 1; }
ls slurm/slurm-*.log > /dev/null
$dsd study run study.json --out slurm --quiet > slurm.txt
diff local.txt slurm.txt && echo "Slurm: two workers of a job array gave the results of a local run."
