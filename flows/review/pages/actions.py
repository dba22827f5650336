"""What people do from the pages: decide, take back, undo, ask for another seed or hook; all ads or none."""

from typing import Annotated, get_args

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, QueryParams

from flows.changes import OTHER, Wish, ask, read_seed
from flows.review.asked import read_asked, read_back, read_keys, read_line, read_number
from flows.review.desk import Desk, desk_of, person_of
from flows.review.rendering import WORDS
from flows.review.trouble import PageError
from flows.spoken import counted
from schemas.brief import TEXT_MAX
from schemas.wording import shown, suggestion
from storage.gallery_rows import Filters, GalleryAd, Status
from storage.rows import Judgement

router = APIRouter()

ALL_MAX = 20_000
"""Ads that one action may be about."""
_SHOWN_MAX = 1_000_000_000
"""Ads that a page can say to match."""
CHANGES_MAX = 1_000
_APPROVABLE: tuple[Status, ...] = ("to_review", "approved", "rejected")
"""What is made and breaks no rule."""
_SAID: dict[Judgement, str] = {
    "approved": "approved",
    "rejected": "rejected",
    "withdrawn": "back to review",
}
_NAMED_MAX = 3


async def form_of(request: Request) -> FormData:
    """Return the form that came; the guard has bounded it and knows that it is ours."""
    return await request.form()


Form = Annotated[FormData, Depends(form_of)]


@router.post("/actions/decide")
def decide(request: Request, form: Form) -> Response:
    """Note what the person decides about the ads of the form, all of them or none."""
    desk, decision = desk_of(request), _decision(form)
    comment = read_line("comment", form)
    if decision == "rejected" and not comment:
        cure = "Go back, and write in the comment what is wrong: whoever mends it reads that."
        raise PageError(422, "A rejection needs a reason", cure)
    keys = chosen(form, desk, to_approve=decision == "approved")
    desk.catalog.decide(keys, decision, person_of(request), comment)
    return desk.told.lead(
        _onward(form),
        f"{named(keys, desk)} {'is' if len(keys) == 1 else 'are'} {_SAID[decision]}.",
        undo=True,
    )


@router.post("/actions/undo")
def undo(request: Request, form: Form) -> Response:
    """Have what the person decided last count no more; what counted before counts again."""
    desk = desk_of(request)
    undone, kept = desk.catalog.undo(person_of(request))
    words = f"Undone: {named(undone, desk)} as before." if undone else "There is nothing of yours to undo."
    if kept:
        words += f" {counted(kept, 'ad')} stay: somebody has decided about them since."
    return desk.told.lead(read_back(form), words, undo=bool(undone))


@router.post("/actions/change")
def change(request: Request, form: Form) -> Response:
    """Note that the person asks for another seed or hook of the ads of the form, or takes that back."""
    desk = desk_of(request)
    back = form.get("change") == "take_back"
    keys = chosen(form, desk, most=CHANGES_MAX)
    wish = Wish(back=True) if back else Wish(read_seed(_seed(form)), read_line("hook", form, TEXT_MAX))
    comment = read_line("comment", form)
    asked = ask(keys, wish, person_of(request), comment, desk.catalog, desk.settings)
    if back:
        words = f"{named(keys, desk)}: as the brief says, from the next run on."
    else:
        words = f"{named(keys, desk)}: {asked[0].change.words} asked for; the next run makes it."
    return desk.told.lead(read_back(form), words)


def chosen(form: FormData, desk: Desk, *, to_approve: bool = False, most: int = ALL_MAX) -> list[str]:
    """Return the keys of the ads that *form* is about: named one by one, or all that pass its filters.

    Raises PageError where there is none, one is not there, there are more than *most*, or one cannot be
    approved that is to be.
    """
    if form.get("all") == "1":
        return _all(form, desk, to_approve=to_approve, most=most)
    keys = read_keys(form)
    ads = desk.catalog.gallery_ads(keys)
    if not ads or len(ads) < len(keys):
        cure = "Check the address of the page, and select ads in the gallery again."
        raise PageError(404 if keys else 422, "No ads, or unknown ones, were selected", cure)
    if to_approve:
        _check_approvable(ads)
    return keys


def named(keys: list[str], desk: Desk) -> str:
    """Return what people call the ads *keys*: one by its name, several by their number."""
    if len(keys) != 1:
        return counted(len(keys), "ad")
    (ad,) = desk.catalog.gallery_ads(keys)
    return f"{ad.product} · {ad.locale} · {ad.placement} · {ad.variant}"


def _decision(form: FormData) -> Judgement:
    asked = form.get("decision")
    for decision in get_args(Judgement):
        if decision == asked:
            found: Judgement = decision
            return found
    raise PageError(422, f"decision={shown(asked)} is none", suggestion(asked, get_args(Judgement)))


def _onward(form: FormData) -> str:
    """Return where the person goes on: to the next ad where they want that."""
    if form.get("then") == "next" and form.get("next"):
        return read_back(form, "next")
    return read_back(form)


def _seed(form: FormData) -> str:
    """Return the seed as the form has it: another one, a number, or nothing."""
    by = form.get("seed_by", "")
    return read_line("seed", form, 20) if by == "number" else OTHER if by == OTHER else ""


def _all(form: FormData, desk: Desk, *, to_approve: bool, most: int) -> list[str]:
    campaign, query = form.get("campaign"), form.get("query")
    if not isinstance(campaign, str) or not isinstance(query, str):
        raise PageError(422, "It is not said which ads are meant", "Select ads in the gallery again.")
    filters = read_asked(campaign, QueryParams(query.removeprefix("?"))).filters
    seen = read_number("total", read_line("total", form), _SHOWN_MAX)
    keys = desk.catalog.gallery_keys(filters, most + 1)
    if not 0 < len(keys) <= most:
        what = f"More than {most:,} ads match" if keys else "No ad matches any more"
        raise PageError(422, what, "Choose other filters, then select all again.")
    if len(keys) > seen:
        what = f"{counted(len(keys), 'ad')} match by now, and you were shown {seen:,}; nothing was changed"
        raise PageError(409, what, "Reload the page, look at what came, then select all again.")
    if to_approve:
        _check_all_approvable(filters, len(keys), desk)
    return keys


def _check_all_approvable(filters: Filters, many: int, desk: Desk) -> None:
    statuses = tuple(one for one in filters.statuses or _APPROVABLE if one in _APPROVABLE)
    narrowed = filters.model_copy(update={"statuses": statuses})
    good = len(desk.catalog.gallery_keys(narrowed, many)) if statuses else 0
    if good < many:
        what = f"{counted(many - good, 'ad')} of {many:,} are not made or break a rule"
        raise PageError(409, what, "Choose the status “To review” first, then select all again.")


def _check_approvable(ads: list[GalleryAd]) -> None:
    wrong = [one for one in ads if one.status not in _APPROVABLE]
    if wrong:
        some = "; ".join(f"{one.product} {one.locale} ({WORDS[one.status]})" for one in wrong[:_NAMED_MAX])
        what = f"{counted(len(wrong), 'ad')} cannot be approved: {some}"
        raise PageError(409, what, "Take them out of the selection; nothing was changed.")
