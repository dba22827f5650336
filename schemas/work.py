"""Words for work: what is made, and how an attempt at it ended."""

from typing import Literal

Kind = Literal["still", "shot", "voice", "ad"]

Verdict = Literal["done", "permanent", "transient", "memory", "crash", "timeout", "lost", "cancelled"]
"""``permanent``: the item itself is wrong. ``transient``: may succeed later. ``memory``: it did not fit, on
the GPU or the host. ``crash``: the worker died under it. ``timeout``: its deadline passed. ``lost``: its node
died, which is not the item's fault. ``cancelled``: killed on purpose."""
