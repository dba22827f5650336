#!/bin/bash
# Makes the secrets of deploy/compose.yaml in deploy/secrets/, once; what is there stays. Nothing else knows them.
# To change one, remove its file (of a database's password also change the role's), run this again, and start anew
# whoever has it. An address or s3_identities.json that says what this script would, with another key, is written
# anew from the present ones; one that says anything else is your own, and stays.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets

random() { od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'; }
keep() {    # what is there stays; a new one is written whole or not at all
    if [ -s "$1" ]; then cat >/dev/null; else cat >"$1.new" && mv "$1.new" "$1"; fi
}
as_made() {    # a file, and a pattern of what this script writes there
    if [ -s "$1" ] && ! grep -Eqx "$2" "$1"; then cat >/dev/null; else cat >"$1.new" && mv -f "$1.new" "$1"; fi
}

for name in postgres_password prefect_db_password s3_secret_key ray_token review_token grafana_password; do
    random 32 | keep "$name"
done
{ printf reelmill; random 8; } | keep s3_access_key
{ printf admin:; random 24; } | keep prefect_auth
printf 'postgresql://reelmill:%s@postgres:5432/reelmill' "$(<postgres_password)" |
    as_made database_url 'postgresql://reelmill:[^@]*@postgres:5432/reelmill'
printf 'postgresql+asyncpg://prefect:%s@postgres:5432/prefect' "$(<prefect_db_password)" |
    as_made prefect_database_url 'postgresql\+asyncpg://prefect:[^@]*@postgres:5432/prefect'
printf '{"identities": [{"name": "reelmill", "credentials": [{"accessKey": "%s", "secretKey": "%s"}], "actions": %s}]}\n' \
    "$(<s3_access_key)" "$(<s3_secret_key)" '["Admin", "Read", "Write", "List", "Tagging"]' |
    as_made s3_identities.json '\{"identities": \[\{"name": "reelmill", "credentials": \[\{[^]}]*\}\], "actions": [^]]*\]\}\]\}'

# Containers run as other people than you, and Compose mounts files as they are: the folder is closed, not they.
chmod 0444 ./*
chmod 0700 .
echo "secrets are in $PWD"
