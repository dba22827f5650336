"""Placements of Russian and Chinese platforms; most Chinese numbers are of low certainty."""

from schemas.placements.placement import MARGIN, MB, Placement, margin

_YANDEX = "yandex.ru/dev/direct advideos"
_YANDEX_CONTAINERS = ("mp4", "webm", "mov", "flv", "avi")
_TENCENT = "developers.e.qq.com videos/add; sizes and lengths are the template's"
_TENCENT_DOUBTS = ("seconds_min", "seconds_max", "insets")


def _yandex(shape: str, width: int, height: int) -> Placement:
    return Placement(
        name=f"yandex_direct_{shape}",
        title=f"Yandex Direct, {shape}",
        width=width,
        height=height,
        seconds_min=5,
        seconds_max=60,
        insets=MARGIN,
        bytes_max=100 * MB,
        containers=_YANDEX_CONTAINERS,
        codecs=("h264", "vp8"),
        doubtful=("insets",),
        source=_YANDEX,
        certainty="high",
    )


def _tencent(shape: str, width: int, height: int) -> Placement:
    return Placement(
        name=f"tencent_{shape}",
        title=f"Tencent Ads, {shape}",
        width=width,
        height=height,
        seconds_min=5,
        seconds_max=60,
        insets=MARGIN,
        bytes_max=100 * MB,
        containers=("mp4", "mov", "avi"),
        doubtful=_TENCENT_DOUBTS,
        source=_TENCENT,
        certainty="high",
    )


def _xiaohongshu(name: str, title: str, width: int, height: int) -> Placement:
    return Placement(
        name=name,
        title=title,
        width=width,
        height=height,
        seconds_min=5,
        seconds_max=60,
        insets=margin(width),
        bytes_max=500 * MB,
        containers=("mp4", "mov"),
        texts={"title": 20},
        source="dydaxue.com; recall",
        certainty="low",
    )


ROWS = (
    _yandex("wide", 1920, 1080),
    _yandex("square", 1080, 1080),
    _yandex("vertical", 1080, 1920),
    _tencent("vertical", 1080, 1920),
    _tencent("wide", 1920, 1080),
    Placement(
        name="wechat_channels",
        title="WeChat Channels",
        width=1080,
        height=1920,
        seconds_min=6,
        seconds_max=60,
        insets=MARGIN,
        bytes_max=100 * MB,
        texts={"copy": 30},
        source="recall; no official page was read",
        certainty="low",
    ),
    Placement(
        name="douyin_in_feed",
        title="Douyin in-feed",
        width=1080,
        height=1920,
        seconds_min=5,
        seconds_max=60,
        insets=(130, 484, 120, 140),
        bytes_max=100 * MB,
        containers=("mp4", "mpeg", "3gp", "avi"),
        kbps_min=516,
        texts={"title": 55},
        source="recall (Ocean Engine); safe zone as for TikTok",
        certainty="low",
    ),
    _xiaohongshu("xiaohongshu", "Xiaohongshu feed, 3:4", 1080, 1440),
    _xiaohongshu("xiaohongshu_vertical", "Xiaohongshu feed, 9:16", 1080, 1920),
)
