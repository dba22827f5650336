"""The review page as an application: pages, files, what they share, and what is said when one cannot be."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles

from flows.review.access import Access
from flows.review.desk import Desk
from flows.review.exporter import Exporter
from flows.review.guard import Guard
from flows.review.media import router as media
from flows.review.pages import actions, ad, campaigns, compare, gallery, orders, runs
from flows.review.posters import Posters
from flows.review.rendering import STATIC, render, shapes_css
from flows.review.told import Told
from flows.review.trouble import PageError
from schemas.errors import BlobMissingError, BriefError, ReelmillError, SettingsError, StorageError
from schemas.settings import Settings
from storage.blobs import open_blobs
from storage.catalog import Catalog

_WEEK = "public, max-age=604800"
_NOT_FOUND = 404
_BESIDE = {
    "HX-Retarget": "#told",
    "HX-Reselect": "#trouble .toast",
    "HX-Reswap": "innerHTML",
    "HX-Push-Url": "false",
}
_STATUS: dict[type[ReelmillError], tuple[int, str]] = {
    BlobMissingError: (404, "A file is not there"),
    BriefError: (422, "That cannot be done"),
    SettingsError: (503, "Something is set up wrongly, or busy"),
    StorageError: (503, "The database or the store does not answer"),
}
"""Status and title by the error; the first that fits counts."""


class Files(StaticFiles):
    """Files of the page itself, which change their address with their content."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401 (Starlette's own)
        """Return the file, to be kept for a week."""
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = _WEEK
        return answer


def review_app(settings: Settings, access: Access) -> FastAPI:
    """Return the application over the catalog and the store of *settings*, guarded as *access* says.

    Raises SettingsError where the database or the store cannot be opened.
    """
    catalog, blobs = Catalog(settings.database_url), open_blobs(settings.blobs)
    posters = Posters(catalog, blobs, settings.cache / "posters")

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        with catalog:
            yield

    app = FastAPI(title="Reelmill", lifespan=life, openapi_url=None, docs_url=None, redoc_url=None)
    app.state.desk = Desk(settings, catalog, blobs, posters, Exporter(settings), Told(access.port))
    for module in (campaigns, gallery, ad, compare, runs, actions, orders):
        app.include_router(module.router)
    app.include_router(media)
    app.add_api_route("/favicon.ico", _favicon, include_in_schema=False)
    app.add_api_route("/shapes.css", _shapes, include_in_schema=False)
    app.mount("/static", Files(directory=STATIC), name="static")
    _explain(app)
    app.add_middleware(Guard, access=access)
    return app


def _favicon() -> Response:
    return FileResponse(STATIC / "favicon.svg", headers={"Cache-Control": _WEEK})


def _shapes() -> Response:
    return Response(shapes_css(), media_type="text/css", headers={"Cache-Control": _WEEK})


def _explain(app: FastAPI) -> None:
    """Have every error told as a plain page with its status and the cure."""

    @app.exception_handler(PageError)
    def _page_error(request: Request, error: PageError) -> HTMLResponse:
        return _trouble(request, error.status, error.what, error.cure)

    @app.exception_handler(ReelmillError)
    def _reelmill_error(request: Request, error: ReelmillError) -> HTMLResponse:
        known = (facts for kind, facts in _STATUS.items() if isinstance(error, kind))
        status, title = next(known, (500, "That did not work"))
        return _trouble(request, status, title, str(error))

    @app.exception_handler(RequestValidationError)
    def _wrong_form(request: Request, _: RequestValidationError) -> HTMLResponse:
        return _trouble(request, 422, "That cannot be read", "Go back, and send the form of the page again.")

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> HTMLResponse:
        if error.status_code == _NOT_FOUND:
            cure = "Begin at the list of campaigns."
            return _trouble(request, _NOT_FOUND, "There is no such page", cure)
        return _trouble(request, error.status_code, str(error.detail), "Begin at the list of campaigns.")


def _trouble(request: Request, status: int, what: str, cure: str) -> HTMLResponse:
    page = render(request, "trouble.html", status, code=status, what=what, cure=cure)
    if request.headers.get("hx-request") == "true":
        # What was refused stands beside the page from which it was asked, which stays as it is.
        page.headers.update(_BESIDE)
    return page
