#!/bin/bash
# Proves the image's steps where no engine runs: as root, in a clean Debian of its own (debootstrap), with the same
# script that the Dockerfile runs, then as the image's person with a read-only file system. Ten minutes, 8 GB in
# TMPDIR. What it mounts ends with it; its folder is removed. It is no part of the tests.
#
#   tests/deploy/prove_image.sh [EXTRAS]        postgres,models,hosted,voices by default
#
# Debian's Python stands in for that of python:3.11-slim-bookworm. Behind a mirror: PROOF_MIRROR (Debian),
# PROOF_BIND (folders to see, with spaces), TORCH_INDEX (empty where pip finds torch itself), and pip's own
# variables and files, which are handed in.
set -euo pipefail
cd "$(dirname "$0")/../.."
export EXTRAS=${1-postgres,models,hosted,voices} TORCH=cpu

if [ -z "${PROOF_ROOT:-}" ]; then
    PROOF_ROOT=$(mktemp -d "${TMPDIR:-/tmp}/reelmill-image.XXXXXX")
    export PROOF_ROOT
    chmod 755 "$PROOF_ROOT"
    trap 'rm -rf --one-file-system "$PROOF_ROOT"' EXIT
    unshare --mount --propagation private --pid --fork --kill-child "$0" "$EXTRAS"
    exit
fi

say() { echo "== $(date +%T) $*"; }
root=$PROOF_ROOT
# The variables that the image sets, as the Dockerfile says them.
mapfile -t image < <(sed -n '/^ENV PATH/,/[^\\]$/p' deploy/Dockerfile | sed -E 's/^ENV //; s/^ +//; s/ \\$//' |
    sed "s|\\\$PATH|/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin|")
inside() { chroot "$root" env -C /src "$@"; }
steps() { inside TORCH="$TORCH" EXTRAS="$EXTRAS" sh /usr/local/lib/reelmill/install.sh "$1"; }
person=(chroot "$root" setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all
    env -i -C /var/lib/reelmill "${image[@]}")

say "a clean Debian"
debootstrap --variant=minbase --include=ca-certificates,python3,python3-venv bookworm "$root" \
    "${PROOF_MIRROR:-http://deb.debian.org/debian}" >/dev/null
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o size=1g tmpfs "$root/dev/shm"
cp /etc/resolv.conf "$root/etc/resolv.conf"
for place in ${PROOF_BIND:-}; do
    mkdir -p "$root$place" && mount --bind -o ro "$place" "$root$place"
done
{ echo "[global]"; python3 -m pip config list | sed -nE "s/^global\.([a-z-]+)='(.*)'$/\1 = \2/p"; } >"$root/etc/pip.conf"
for bundle in "${PIP_CERT:-}" "${SSL_CERT_FILE:-}"; do
    [ -f "$bundle" ] && install -D "$bundle" "$root$bundle"
done

say "the Dockerfile's steps"
mkdir -p "$root/src" "$root/usr/local/lib/reelmill" "$root/usr/share/reelmill"
cp deploy/image/* "$root/usr/local/lib/reelmill/"
cp -r pyproject.toml constraints.txt README.md LICENSE schemas storage actors flows "$root/src/"
cp -r deploy/prefect.yaml "$root/usr/share/reelmill/"
for step in system person libraries wheel product ${PROOF_WEIGHTS:+weights}; do
    say "install.sh $step"
    steps "$step"
done
du -sh "$root/opt/reelmill"

say "what the final stage would not have is taken away; the rest is read-only"
cp -r examples/kaffi "$root/usr/share/reelmill/kaffi"
rm -rf "$root/src" "$root/tmp/wheel" "$root/etc/pip.conf"
for place in ${PROOF_BIND:-}; do umount "$root$place"; done
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o size=1g tmpfs "$root/dev/shm"
mount -t tmpfs -o size=2g,mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o size=4g,uid=10001,gid=10001,mode=0750 tmpfs "$root/var/lib/reelmill"

start=(/usr/bin/tini -s -- /usr/local/lib/reelmill/entrypoint.sh)
say "who runs, and what KubeRay looks for"
# shellcheck disable=SC2016
"${person[@]}" "${start[@]}" bash -c 'id; for name in bash ray wget python; do command -v $name; done; ray --version'
"${person[@]}" "${start[@]}" bash -c 'touch /opt/reelmill/x 2>&1 || true'
say "a secret from a file"
echo "postgresql://nobody@nowhere/none" >"$root/tmp/address"
chmod 444 "$root/tmp/address"
# shellcheck disable=SC2016
"${person[@]}" REELMILL_DATABASE_URL_FILE=/tmp/address reelmill-run \
    bash -c '[ "$REELMILL_DATABASE_URL" = postgresql://nobody@nowhere/none ] && echo read'
say "reelmill doctor"
"${person[@]}" "${start[@]}" reelmill doctor
say "one ad"
python3 - "$root/tmp/brief" <<'PYTHON'
import pathlib, shutil, sys

folder = pathlib.Path(sys.argv[1])
source = pathlib.Path("examples/kaffi")
shutil.copytree(source / "media", folder / "media")
(folder / "brief.yaml").write_text("""
campaign: image-proof
brand:
  name: Kaffi
  logo: media/kaffi-logo.svg
  colors: {primary: "#5B2A1E", accent: "#FF6A3D", background: "#FFF6EC", text: "#2B1A12"}
products:
  - {id: HB-250, title: House Blend 250 g, price: 12.90 EUR, sale_price: 8.90 EUR, images: [media/coffee.png]}
locales:
  en-US: {hook: Wake up to better coffee, benefit: Freshly roasted every morning, cta: Shop now}
placements: [youtube_bumper]
""")
PYTHON
chmod -R a+rX "$root/tmp/brief"
time "${person[@]}" REELMILL_WORKERS=2 "${start[@]}" reelmill run /tmp/brief/brief.yaml
ls -l "$root"/var/lib/reelmill/blobs/ads/
say "SIGTERM reaches what runs"
"${person[@]}" "${start[@]}" sleep 60 &
sleep 1
kill -TERM $!
ended=0
wait $! || ended=$?
[ "$ended" = 143 ] && echo "ended with $ended"
say "proved"
