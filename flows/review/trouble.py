"""What a page says when it cannot show what was asked: a status code, what is wrong, and the cure."""


class PageError(Exception):
    """A page cannot be shown; whoever asked is told *what* and the *cure*."""

    def __init__(self, status: int, what: str, cure: str) -> None:
        super().__init__(what)
        self.status, self.what, self.cure = status, what, cure


def no_such_ad(key: str) -> PageError:
    """Return the error for an ad that is not there."""
    cure = "Check the address, or open the campaign and look for the ad there."
    return PageError(404, f"There is no ad with the key {key[:16]}…", cure)


def no_such_campaign(name: str) -> PageError:
    """Return the error for a campaign that is not there."""
    cure = "Choose one from the list of campaigns; `reelmill run BRIEF` makes a new one."
    return PageError(404, f"There is no campaign called {name[:120]}", cure)
