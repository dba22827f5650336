"""Who gets workers and who makes room: decided on paper, without Ray."""

from collections import Counter

import pytest

from actors.crew import Call, Crew, Phase, Room, Team, Worker
from actors.host import Place
from actors.staffing import (
    MISLED,
    PATIENCE,
    SPARE,
    TURN,
    note_hunger,
    to_release,
    to_start,
    to_withdraw,
)

ONE_GPU = {"n": Room(cpus=8, gpus=1)}
FOUR_GPUS = {"n": Room(cpus=8, gpus=4)}


def _team(name: str, *, waiting: int = 0, slots: int = 6, cpus: float = 0, gpus: float = 1) -> Team:
    crew = Crew(name=name, worker="m:C", slots=slots, cpus=cpus, gpus=gpus)
    return Team(crew, waiting=waiting)


def _staff(team: Team, phase: Phase, number: int = 1, *, node: str = "n", since: float = 0) -> list[Worker]:
    """Give *team* that many workers in *phase*."""
    workers = [Worker(team.crew, None, since=since, phase=phase, loaded=since) for _ in range(number)]
    for worker in workers:
        if phase != "placing":
            worker.place = Place(node, "host", 1)
        if phase in {"calling", "greeted", "doubted"}:
            worker.call = Call("tag", "verb", (), seconds=1, begun=since)
    team.workers += workers
    return workers


def _starts(*teams: Team, nodes: dict[str, Room] | None = None, now: float = 0) -> Counter[str]:
    note_hunger(teams, now)
    return Counter(team.crew.name for team in to_start(teams, nodes or FOUR_GPUS))


def _released(*teams: Team, nodes: dict[str, Room], after: float) -> list[Worker]:
    """Return who makes room after so many seconds of hunger."""
    note_hunger(teams, 0)
    return [worker for worker, _ in to_release(teams, nodes, after)]


def test_a_crew_gets_no_more_workers_than_it_has_work_for() -> None:
    """Nor more than it has slots for; workers that are there count."""
    few, many, served = _team("few", waiting=2), _team("many", waiting=99), _team("served", waiting=2)
    _staff(served, "idle")
    _staff(served, "calling")

    assert _starts(few) == {"few": 2}
    assert _starts(many) == {"many": 6}
    assert _starts(served) == {"served": 1}


def test_a_doubted_worker_is_replaced_before_the_verdict() -> None:
    """That may take 45 seconds."""
    team = _team("one", waiting=1, slots=1)
    _staff(team, "doubted")

    assert _starts(team) == {"one": 1}


def test_every_crew_gets_its_first_worker_before_any_grows() -> None:
    """Or the first to ask takes every GPU."""
    one, two = _team("one", waiting=9), _team("two", waiting=9)

    assert _starts(one, two) == {"one": 1, "two": 1}


def test_growing_crews_share_alike() -> None:
    """Ray serves in the order of the questions."""
    one, two = _team("one", waiting=9), _team("two", waiting=9)
    _staff(one, "idle")
    _staff(two, "idle")
    note_hunger([one, two], 0)

    assert [team.crew.name for team in to_start([one, two], FOUR_GPUS)][:4] == ["one", "two", "one", "two"]


def test_crews_that_need_different_things_do_not_wait_for_each_other() -> None:
    """A crew without its GPU keeps no CPU worker from starting."""
    gpu, cpu = _team("gpu", waiting=1), _team("cpu", waiting=4, cpus=1, gpus=0)
    _staff(gpu, "placing")

    assert _starts(gpu, cpu) == {"cpu": 4}


def test_a_crew_that_fits_no_node_holds_nobody_up() -> None:
    """A node for it may come, or not."""
    giant, one = _team("giant", waiting=1, gpus=8), _team("one", waiting=9, slots=4)
    _staff(giant, "placing")

    assert _starts(giant, one) == {"one": 4}


def test_unplaced_workers_step_back_for_a_hungry_crew() -> None:
    """All of a crew that has a place, all but the first of one that has none."""
    rich, poor, new = _team("rich", waiting=9), _team("poor", waiting=9), _team("new", waiting=1)
    _staff(rich, "calling")
    waiting = [*_staff(rich, "placing", 2), *_staff(poor, "placing", 3)[1:]]
    note_hunger([rich, poor, new], 0)

    assert list(to_withdraw([rich, poor, new], FOUR_GPUS, 0)) == waiting


def test_unplaced_workers_without_work_are_withdrawn_in_the_end() -> None:
    """Not at once: work comes and goes."""
    team = _team("one", waiting=1)
    workers = _staff(team, "placing", 3)

    assert list(to_withdraw([team], {}, SPARE)) == []
    assert list(to_withdraw([team], {}, SPARE + 1)) == workers[1:]


def test_an_idle_worker_makes_room_for_a_hungry_crew() -> None:
    """After a moment: the other worker may be about to start."""
    one, two = _team("one"), _team("two", waiting=1)
    idle = _staff(one, "idle")
    _staff(two, "placing")

    assert _released(one, two, nodes=ONE_GPU, after=PATIENCE) == []
    assert _released(one, two, nodes=ONE_GPU, after=PATIENCE + 1) == idle


def test_nobody_makes_room_where_there_is_some() -> None:
    """Starting a process takes a while; only if nothing comes of it, others must hold the room."""
    one, two = _team("one"), _team("two", waiting=1)
    idle = _staff(one, "idle")
    _staff(two, "placing")

    assert _released(one, two, nodes=FOUR_GPUS, after=MISLED - 1) == []
    assert _released(one, two, nodes=FOUR_GPUS, after=MISLED + 1) == idle


def test_nobody_makes_room_that_would_not_help() -> None:
    """A CPU worker has no GPU to give."""
    busy, cpu, two = _team("busy", waiting=9), _team("cpu", cpus=1, gpus=0), _team("two", waiting=1)
    _staff(busy, "calling")
    _staff(cpu, "idle", 4)
    _staff(two, "placing")

    assert _released(busy, cpu, two, nodes=ONE_GPU, after=9) == []


def test_a_crew_with_work_gives_up_a_worker_but_not_its_last() -> None:
    """The last one serves its turn: loading models by the call would do little else."""
    one, two = _team("one", waiting=9), _team("two", waiting=1)
    idle = _staff(one, "idle")
    _staff(two, "placing")
    alone = _released(one, two, nodes=ONE_GPU, after=9)
    after_its_turn = _released(one, two, nodes=ONE_GPU, after=TURN + 1)
    _staff(one, "calling")
    with_another = _released(one, two, nodes={"n": Room(cpus=8, gpus=2)}, after=9)

    assert alone == []
    assert after_its_turn == idle
    assert with_another == idle


def test_room_for_a_large_worker_is_made_on_one_node() -> None:
    """Two GPUs of two nodes hold no worker that needs two."""
    small, large = _team("small", waiting=9), _team("large", waiting=1, gpus=2)
    here = _staff(small, "idle", node="a")
    _staff(small, "calling", node="a")
    _staff(small, "idle", node="b")
    _staff(small, "calling", 2, node="c")
    _staff(large, "placing")
    nodes = {"a": Room(8, 2), "b": Room(8, 1), "c": Room(8, 2)}

    assert _released(small, large, nodes=nodes, after=9) == here


@pytest.mark.parametrize(
    ("idle_for", "waiting", "kept"), [(SPARE + 1, 0, False), (SPARE - 1, 0, True), (SPARE + 1, 1, True)]
)
def test_a_long_idle_worker_makes_room_for_a_crew_that_would_grow(
    idle_for: float, waiting: int, *, kept: bool
) -> None:
    """A loaded model is worth something, but not GPUs that stand idle for long."""
    one, two = _team("one", waiting=waiting), _team("two", waiting=9)
    idle = _staff(one, "idle", since=100 - idle_for)
    _staff(two, "calling")
    _staff(two, "placing", since=100 - SPARE - 1)

    released = _released(one, two, nodes={"n": Room(cpus=8, gpus=2)}, after=100)

    assert released == ([] if kept else idle)
