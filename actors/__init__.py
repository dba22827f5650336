"""What a worker does: generate, upscale, compose, check."""

from pathlib import Path

from schemas.settings import set_defaults

# Skia reads the machine's font list when it is imported; it is to find none, so that all machines draw alike.
set_defaults({"FONTCONFIG_FILE": str(Path(__file__).with_name("fonts.conf"))})
