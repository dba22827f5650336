#!/bin/bash
# Makes the work pool that workers poll, unless it is there, and brings the deployments of the image up to date.
set -euo pipefail
cd "$(mktemp -d)"
prefect --no-prompt work-pool inspect reelmill >/dev/null 2>&1 ||
    prefect --no-prompt work-pool create reelmill --type process
prefect --no-prompt deploy --all --prefect-file /usr/share/reelmill/prefect.yaml
