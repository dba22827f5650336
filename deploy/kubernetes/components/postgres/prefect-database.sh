#!/bin/bash
# PostgreSQL runs this once, when it makes its data: Prefect gets a database and a role of its own.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --set password="$(</run/secrets/prefect_db_password)" --username "$POSTGRES_USER" <<'SQL'
create role prefect login password :'password';
create database prefect owner prefect;
revoke connect on database reelmill from public;
revoke connect on database prefect from public;
SQL
