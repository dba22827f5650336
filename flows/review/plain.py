"""Pages of the review page that stand alone: refusals and the login; nothing of them comes from a brief."""

from html import escape

from starlette.responses import HTMLResponse

STYLE = "/static/review.css"

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · Reelmill</title>
<link rel="stylesheet" href="{style}">
<main class="plain">
<h1>{title}</h1>
{body}
</main>
</html>
"""


class RefusedError(Exception):
    """A request that is answered with a plain page; its message says why, *cure* what to do."""

    def __init__(self, status: int, title: str, why: str, cure: str = "") -> None:
        super().__init__(why)
        self.status, self.title, self.cure = status, title, cure
        self.headers: dict[str, str] = {}

    def page(self) -> HTMLResponse:
        """Return the page that says so."""
        words = (f"<p>{escape(words)}</p>" for words in (str(self), self.cure) if words)
        return plain_page(self.title, "\n".join(words), status=self.status, headers=self.headers)


def plain_page(
    title: str, body: str, *, status: int = 200, headers: dict[str, str] | None = None
) -> HTMLResponse:
    """Return a page with *title*, which is escaped, and *body*, which is HTML."""
    text = _PAGE.format(title=escape(title), style=STYLE, body=body)
    return HTMLResponse(text, status, headers)
