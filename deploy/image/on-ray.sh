#!/bin/bash
# Runs a command on a machine that is part of the Ray cluster at RAY_ADDRESS, as a driver has to. The machine
# lends the cluster no CPU and no GPU. When either ends, both do, and whoever started this starts it again.
set -euo pipefail
: "${RAY_ADDRESS:?host:port of the head of a Ray cluster}"

# The head may still be starting: its name, then its port.
host=${RAY_ADDRESS%:*} port=${RAY_ADDRESS##*:}
for _ in $(seq 60); do
    if (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; then break; fi
    sleep 2
done

# Ray says when the node is up; a driver that knocks before is turned away.
said=$(mktemp)
ray start --address="$RAY_ADDRESS" --num-cpus=0 --num-gpus=0 --object-store-memory=100000000 \
    --disable-usage-stats --block > >(tee "$said") 2>&1 &
node=$!
until grep -q "Ray runtime started" "$said"; do
    kill -0 "$node" 2>/dev/null || { echo "this machine could not join Ray at $RAY_ADDRESS" >&2; exit 3; }
    sleep 1
done

"$@" &
work=$!
told=
# Once: a second signal would end what is being made. Prefect's worker takes no more runs and waits for those that it
# has begun, but does not tell them: they are its children.
tell() {
    if [ -z "$told" ]; then
        told=1
        begun=$(cat /proc/"$work"/task/*/children 2>/dev/null) || true
        # shellcheck disable=SC2086  # one word a process
        kill -TERM "$work" $begun 2>/dev/null || true
    fi
}
trap tell TERM INT
ended=0
wait -n "$node" "$work" || ended=$?
if kill -0 "$work" 2>/dev/null; then    # a signal came, or the node is lost
    tell
    while kill -0 "$work" 2>/dev/null; do
        ended=0
        wait "$work" || ended=$?
    done
fi
kill -TERM "$node" 2>/dev/null || true
wait "$node" || true
rm -f "$said"
exit "$ended"
