#!/bin/bash
# Starts a command of the image: secrets from files, weights into place, then the command in its own place.
set -euo pipefail

# Programs that take a secret only as a variable: the SDK of AWS, Prefect, and reelmill's address of the
# database. NAME_FILE names the file that holds NAME. (Ray reads RAY_AUTH_TOKEN_PATH, reelmill its other keys.)
for name in AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY PREFECT_API_AUTH_STRING PREFECT_SERVER_API_AUTH_STRING \
    PREFECT_SERVER_DATABASE_CONNECTION_URL REELMILL_DATABASE_URL; do
    file=${name}_FILE
    if [ -n "${!file:-}" ]; then
        if [ -n "${!name:-}" ]; then
            echo "$name and $file are both set: set one" >&2
            exit 3
        fi
        if [ ! -s "${!file}" ]; then
            echo "$file=${!file}: no such file, or empty" >&2
            exit 3
        fi
        export "$name=$(<"${!file}")"
        unset "$file"
    fi
done

# A volume hides what lies below it, so the image's weights are copied where reelmill looks for them.
seed=/usr/share/reelmill/weights
shelf=${REELMILL_HOME:?}/cache/weights
if [ -d "$seed" ] && [ ! -e "$shelf" ] && [ -w "$REELMILL_HOME" ]; then
    mkdir -p "${shelf%/*}"
    cp -R "$seed" "$shelf.$$"
    mv -T "$shelf.$$" "$shelf" 2>/dev/null || rm -rf "$shelf.$$"    # another container was quicker
fi

exec "$@"
