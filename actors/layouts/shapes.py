"""Small drawn signs: an accent bar, a numbered dot, a tick, a quotation mark, a clock."""

import skia

from actors.layouts.contrast import readable_on
from actors.layouts.pieces import Block, Piece, Rect, Scene
from actors.layouts.writing import filled, told


def bar(scene: Scene, *, delay: int = 0, gap: float = 0.0) -> Block:
    """Return a short bar in the accent colour, drawn from the side where reading begins."""
    width, height = round(0.11 * scene.unit), max(4, round(0.011 * scene.unit))
    rect = Rect(0, 0, width, height)
    paint = filled(scene.palette.accent)

    def draw(canvas: skia.Canvas) -> None:
        canvas.drawRoundRect(skia.Rect(*rect), height / 2, height / 2, paint)

    return Block(width, height, (Piece(rect=rect, paint=draw, enter="wipe", delay=delay),), gap)


def dot(scene: Scene, text: str, side: float, *, delay: int = 0) -> Block:
    """Return *text*, a number, on a disc of *side* pixels in the accent colour."""
    accent = scene.palette.accent
    color = readable_on(accent, scene.palette.background, scene.palette.text, scene.palette.primary)
    letters = scene.set(text, scene.style(color, align="center"), 0.62 * side / scene.unit, width=side)
    x, y = (side - letters.width) / 2, (side - letters.height) / 2
    paint = filled(accent)

    def draw(canvas: skia.Canvas) -> None:
        canvas.drawCircle(side / 2, side / 2, side / 2, paint)
        letters.paint(canvas, x, y)

    known = told(letters, text, color, surface=accent, x=x, y=y)
    piece = Piece(rect=Rect(0, 0, side, side), paint=draw, enter="pop", delay=delay, told=(known,))
    return Block(side, side, (piece,))


def tick(scene: Scene, side: float, *, disc: bool, delay: int = 0) -> Block:
    """Return a tick of *side* pixels, on a disc or as a mere stroke."""
    accent = scene.palette.accent
    color = readable_on(accent, scene.palette.background, scene.palette.text) if disc else accent
    stroke = skia.Paint(Color=filled(color).getColor(), AntiAlias=True, Style=skia.Paint.kStroke_Style)
    stroke.setStrokeWidth(side * (0.10 if disc else 0.15))
    stroke.setStrokeCap(skia.Paint.kRound_Cap)
    stroke.setStrokeJoin(skia.Paint.kRound_Join)
    reach = 0.24 if disc else 0.10
    path = skia.Path()
    path.moveTo(side * reach, side * 0.54)
    path.lineTo(side * 0.43, side * (0.94 - reach))
    path.lineTo(side * (1 - reach), side * (0.10 + reach))

    def draw(canvas: skia.Canvas) -> None:
        if disc:
            canvas.drawCircle(side / 2, side / 2, side / 2, filled(accent))
        canvas.drawPath(path, stroke)

    return Block(side, side, (Piece(rect=Rect(0, 0, side, side), paint=draw, enter="pop", delay=delay),))


def quotation_mark(scene: Scene, side: float, *, delay: int = 0) -> Block:
    """Return the mark that opens a quotation: two commas, *side* pixels across."""
    rect = Rect(0, 0, side, side * 0.78)
    paint = filled(scene.palette.accent)

    def draw(canvas: skia.Canvas) -> None:
        if scene.rtl:
            canvas.translate(side, 0)
            canvas.scale(-1, 1)
        canvas.drawPath(_comma(0.0, side), paint)
        canvas.drawPath(_comma(side * 0.54, side), paint)

    return Block(side, rect.bottom, (Piece(rect=rect, paint=draw, enter="pop", delay=delay),))


def clock(scene: Scene, side: float, *, delay: int = 0) -> Block:
    """Return a clock face: it says in any language that time runs out."""
    ring = skia.Paint(
        Color=filled(scene.color).getColor(),
        AntiAlias=True,
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=side * 0.09,
    )
    ring.setStrokeCap(skia.Paint.kRound_Cap)
    middle = side / 2

    def draw(canvas: skia.Canvas) -> None:
        canvas.drawCircle(middle, middle, side * 0.42, ring)
        canvas.drawLine(middle, middle, middle, side * 0.26, ring)
        canvas.drawLine(middle, middle, side * 0.66, side * 0.58, ring)

    return Block(side, side, (Piece(rect=Rect(0, 0, side, side), paint=draw, delay=delay),))


def beside(scene: Scene, sign: Block, block: Block, *, space: float, first_line: float) -> Block:
    """Return *sign* before *block*, the sign in the middle of a first line *first_line* pixels high."""
    total = sign.width + space + block.width
    drop = max(0.0, (first_line - sign.height) / 2)
    lift = max(0.0, (sign.height - first_line) / 2)
    pieces = (
        *sign.at(scene.ahead(total, 0, sign.width), drop),
        *block.at(scene.ahead(total, sign.width + space, block.width), lift),
    )
    height = max(drop + sign.height, lift + block.height)
    return Block(total, height, pieces, block.gap)


def _comma(x: float, side: float) -> skia.Path:
    """Return one comma of an opening mark, high and thick below: the shape of a 6."""
    radius = side * 0.22
    middle = side * 0.78 - radius
    path = skia.Path()
    path.addCircle(x + radius, middle, radius)
    path.moveTo(x, middle)
    path.cubicTo(x, middle - radius * 1.4, x + radius * 0.9, side * 0.05, x + radius * 1.9, 0)
    path.lineTo(x + radius * 2.0, side * 0.13)
    path.cubicTo(x + radius * 1.3, side * 0.2, x + radius, side * 0.3, x + radius, middle - radius * 0.9)
    path.lineTo(x + radius, middle)
    path.close()
    return path
