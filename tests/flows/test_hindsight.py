"""What earlier forecasts teach the next: drawn histories, good and bad."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.foresight import price_of
from flows.hindsight import Hindsight, correct, foretold, look_back
from flows.outlook import START_SECONDS, PlanForecast, Storage
from flows.preview import print_forecasts
from schemas.errors import SettingsError
from schemas.settings import read_settings
from storage.rows import Measure, PastForecast

MEASURES: tuple[Measure, ...] = ("seconds", "cpu_seconds", "gpu_seconds", "bytes")


def past(plain: float, came: float, *, told: float | None = None, known: float = 1.0) -> PastForecast:
    """Return a run that was off in the same way in every measure."""
    values = (plain, plain if told is None else told, came)
    return PastForecast(
        run=1,
        campaign="kaffi/x",
        known=known,
        **{
            name: dict.fromkeys(MEASURES, value)
            for name, value in zip(("plain", "told", "came"), values, strict=True)
        },
    )


def plan_forecast(seconds: float = 1015.0) -> PlanForecast:
    """Return a plain forecast of a thousand seconds after the start."""
    storage = Storage(stills=1000, shots=2000, voices=0, ads=3000)
    work = {"cpu_seconds": 2000.0, "gpu_seconds": 500.0, "longest": 10.0}
    return PlanForecast(
        campaign="kaffi/x", stills=1, shots=2, voices=0, ads=3, seconds=seconds, storage=storage, **work
    )


@pytest.mark.parametrize("bias", [0.5, 1.0, 1.3, 2.0])
@pytest.mark.parametrize("seed", range(5))
def test_forecasts_get_better_with_every_run_and_bear_outliers(bias: float, seed: int) -> None:
    """A machine that takes *bias* times as long as foretold, give or take 10 %; one run of six went wrong."""
    draw = random.Random(seed)  # noqa: S311 (a drawn history)
    history: list[PastForecast] = []
    errors: list[float] = []
    for number in range(24):
        plain = draw.uniform(50, 5000)
        told = plain * look_back(history).factors.get("seconds", 1.0)
        came = plain * bias * math.exp(draw.gauss(0, 0.1)) * (20 if number % 6 == 2 else 1)
        if number % 6 != 2:
            errors.append(abs(told - came) / came)
        history.insert(0, past(plain, came, told=told))

    late = sorted(errors[10:])[len(errors[10:]) // 2]
    assert late < max(0.5 * errors[0], 0.25)
    assert look_back(history).off["seconds"] < 0.5


def test_the_first_runs_are_believed_in_part() -> None:
    """One run that took twice as long moves the next by less than half; five move it most of the way."""
    factors = [look_back([past(100, 200)] * runs).factors["seconds"] for runs in (1, 2, 5, 50)]

    assert factors == pytest.approx([2**0.5, 2 ** (2 / 3), 2 ** (5 / 6), 2 ** (5 / 6)])


def test_what_the_table_foretold_corrects_nothing() -> None:
    """Attempts are remembered since, so that it would be corrected twice; how far it was off is told."""
    learned = look_back([past(100, 400, known=0.5)])

    assert learned.factors == {}
    assert learned.off["seconds"] == pytest.approx(0.75)


AMOUNTS = st.one_of(
    st.sampled_from([0.0, 1e-300, 1e300, math.inf, -1.0]), st.floats(0, 1e12, allow_nan=False)
)


@settings(max_examples=25)
@given(st.lists(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, st.floats(0, 1)), max_size=8))
def test_no_history_makes_a_wild_forecast(rows: list[tuple[float, float, float, float]]) -> None:
    """Nothing foretold, nothing come, absurd amounts: nothing is divided by zero, three is the limit."""
    learned = look_back([past(plain, came, told=told, known=known) for plain, came, told, known in rows])

    told = correct(plan_forecast(), learned)
    assert all(1 / 3.001 <= factor <= 3.001 for factor in learned.factors.values())
    assert START_SECONDS + 333 <= told.seconds <= START_SECONDS + 3001
    assert 2000 <= told.storage.total <= 18_000
    assert all(math.isfinite(share) for share in learned.off.values())


def test_a_correction_leaves_the_start_and_the_number_of_ads_alone() -> None:
    """Ray takes as long to start however much there is to make."""
    told = correct(
        plan_forecast(), Hindsight(runs=5, factors={"seconds": 2.0, "gpu_seconds": 1.5, "bytes": 0.5})
    )

    assert (told.seconds, told.cpu_seconds, told.gpu_seconds) == (START_SECONDS + 2000, 2000, 750)
    assert (told.ads, told.storage.total) == (3, 3000)
    assert foretold(plan_forecast(), told)["seconds"] == (1000, 2000)
    assert correct(plan_forecast(0.0), Hindsight(factors={"seconds": 3.0})).seconds == 0


@pytest.mark.parametrize(
    ("price", "seconds", "cost"),
    [
        ("2.50 EUR", 3600, "2.50 EUR"),
        ("2.50 EUR", 1, "0.00 EUR"),
        ("1.99 USD", 5400, "2.99 USD"),
        ("300 JPY", 30, "3 JPY"),
    ],
)
def test_gpu_seconds_have_a_price(price: str, seconds: float, cost: str, tmp_path: Path) -> None:
    """In decimals, rounded half up to what the currency has."""
    here = read_settings({"REELMILL_HOME": str(tmp_path), "REELMILL_GPU_HOUR_PRICE": price})

    assert str(price_of(seconds, here)) == cost


def test_without_a_price_nothing_is_said_of_money(tmp_path: Path) -> None:
    """And a price that is none is refused where it stands."""
    assert price_of(3600, read_settings({"REELMILL_HOME": str(tmp_path)})) is None
    with pytest.raises(SettingsError, match=r"REELMILL_GPU_HOUR_PRICE.*12\.90 EUR"):
        read_settings({"REELMILL_HOME": str(tmp_path), "REELMILL_GPU_HOUR_PRICE": "2,50 EUR"})


def test_people_are_told_what_forecasts_were_off_by(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And machines, with what the next is multiplied by."""
    history = [past(2000, 2200)] * 5
    monkeypatch.setattr("flows.preview.look_up", lambda *_: _known(history))
    here = read_settings({"REELMILL_HOME": str(tmp_path)})

    print_forecasts([], here, as_json=False)
    said = capsys.readouterr().out
    print_forecasts([], here, as_json=True)
    told = json.loads(capsys.readouterr().out)["earlier_forecasts"]

    assert "the last 5 forecasts were off by (median): time 9%, worker-seconds 9%" in said
    assert "corrected by what came: time x 1.08" in said
    assert (told["runs"], told["off"]["seconds"], told["factors"]["bytes"]) == (5, 0.091, 1.083)


def _known(history: list[PastForecast]) -> Any:
    from flows.foresight import Known  # noqa: PLC0415 (beside its one use)

    return Known(past=history)
