"""Decides which crews get workers and which give one up: who starts, and who ends to make room.

Crews want more workers than there is room for, and Ray serves whoever asked first. Left alone, one crew takes
every GPU and the other none, for ever. So each crew with calls gets its first worker before any grows, and
crews with workers to spare make room. Nothing here starts or ends anything.
"""

from collections.abc import Iterable, Iterator, Mapping

from actors.crew import Room, Team, Worker

PATIENCE = 1.5
"""Seconds that a crew without any worker waits before another makes room for it."""
MISLED = 15.0
"""Seconds after which a crew is given room although, by our own book, there is some: others hold it."""
SPARE = 30.0
"""Seconds that an idle worker, whose model is loaded, is kept where another crew would grow into its room."""
TURN = 600.0
"""Seconds that a crew's only worker serves before a crew without any gets its room: loading a large model
takes minutes, so taking turns by the call would do little else."""


def note_hunger(teams: Iterable[Team], now: float) -> None:
    """Write down since when each crew has had calls and no worker with a place."""
    for team in teams:
        if not team.waiting or team.serving:
            team.hungry = None
        elif team.hungry is None:
            team.hungry = now


def is_pressed(team: Team, now: float) -> bool:
    """Return whether it matters to *team* what room the nodes have."""
    return team.hungry is not None or any(now - worker.since > SPARE for worker in team.among("placing"))


def to_start(teams: Iterable[Team], nodes: Mapping[str, Room]) -> Iterator[Team]:
    """Yield the crew of each worker to start, in order: round about, so that growing crews share alike."""
    teams = list(teams)
    lacking = {id(team): _may_have(team, teams, nodes) for team in teams}
    while any(number > 0 for number in lacking.values()):
        for team in teams:
            if lacking[id(team)] > 0:
                lacking[id(team)] -= 1
                yield team


def to_withdraw(teams: Iterable[Team], nodes: Mapping[str, Room], now: float) -> Iterator[Worker]:
    """Yield unplaced workers that stand in the way of a hungry crew, or have long had nothing to wait for."""
    teams = list(teams)
    for team in teams:
        unplaced = list(team.among("placing"))
        if _rivals(team, teams, nodes):
            yield from unplaced if team.serving else unplaced[1:]
        elif team.lacking < 0:
            surplus = unplaced[team.lacking :]
            yield from (worker for worker in surplus if now - worker.since > SPARE)


def to_release(teams: Iterable[Team], nodes: Mapping[str, Room], now: float) -> Iterator[tuple[Worker, Team]]:
    """Yield idle workers that are to make room, each with the crew that it makes room for."""
    teams = list(teams)
    for team in teams:
        if team.hungry is not None and now - team.hungry > PATIENCE:
            spare = [worker for other in teams if other is not team for worker in _can_spare(other, now)]
        elif is_pressed(team, now) and team.serving:
            spare = [worker for other in teams if other is not team for worker in _long_idle(other, now)]
        else:
            continue
        if worker := _makes_room(team, spare, _left(teams, nodes), nodes, now):
            yield worker, team
            return


def _may_have(team: Team, teams: list[Team], nodes: Mapping[str, Room]) -> int:
    """Return how many workers *team* may start now."""
    if _rivals(team, teams, nodes):
        return 1 if team.waiting and not team.serving and not any(team.among("placing")) else 0
    return team.lacking


def _rivals(team: Team, teams: list[Team], nodes: Mapping[str, Room]) -> list[Team]:
    """Return the hungry crews that *team* would take room from if it grew."""
    hungry = [other for other in teams if other is not team and other.hungry is not None]
    left = _left(teams, nodes) if hungry else {}
    return [other for other in hungry if team.crew.needs & _short_of(other, left, nodes)]


def _short_of(team: Team, left: Mapping[str, Room], nodes: Mapping[str, Room]) -> set[str]:
    """Return what a hungry crew is short of; all that it needs while nothing else is known."""
    if not nodes:
        return team.crew.needs
    suited = [left[node] for node, room in nodes.items() if not room.lacks(team.crew)]
    if not suited:
        return set()  # no node is large enough: nobody can make room for it
    lacks = min((room.lacks(team.crew) for room in suited), key=len)
    return lacks or team.crew.needs


def _left(teams: Iterable[Team], nodes: Mapping[str, Room]) -> dict[str, Room]:
    """Return what our workers leave of each node; Ray's own figures lag behind."""
    left = dict(nodes)
    for team in teams:
        for worker in team.workers:
            if worker.place is not None and (room := left.get(worker.place.node)):
                left[worker.place.node] = Room(room.cpus - team.crew.cpus, room.gpus - team.crew.gpus)
    return left


def _can_spare(team: Team, now: float) -> list[Worker]:
    """Return the workers that *team* can give up to a hungry crew, now or when their call has ended."""
    settled = list(team.among("idle", "greeted", "calling"))
    if not team.waiting or team.serving > 1:
        return settled
    return [worker for worker in settled if now - worker.loaded > TURN]


def _long_idle(team: Team, now: float) -> list[Worker]:
    """Return the workers that *team* can give up to a crew that only wants to grow."""
    return [] if team.waiting else [one for one in team.among("idle") if now - one.since > SPARE]


def _makes_room(
    team: Team, spare: list[Worker], left: Mapping[str, Room], nodes: Mapping[str, Room], now: float
) -> Worker | None:
    """Return the idle one of *spare* whose end brings *team* nearer to a place.

    Where several have to end first, they are all sought on one node: room in pieces is no room.
    """
    suited = {node for node, room in nodes.items() if not room.lacks(team.crew)}
    short = {node: left[node].lacks(team.crew) for node in suited}
    if not all(short.values()):
        since = max(team.hungry if team.hungry is not None else now, team.eased)
        if now - since < MISLED:
            return None
        short = dict.fromkeys(suited, team.crew.needs)
    idle = [worker for worker in spare if worker.phase == "idle"]
    order = sorted(suited, key=lambda node: (len(short[node]), -left[node].gpus, -left[node].cpus, node))
    for node in order:
        if not _with(idle, node, left[node]).lacks(team.crew) and (found := _useful(idle, node, short[node])):
            return found
    target = next((node for node in order if not _with(spare, node, left[node]).lacks(team.crew)), None)
    return _useful(idle, target, short[target]) if target else None


def _useful(idle: list[Worker], node: str, short: set[str]) -> Worker | None:
    """Return one of *idle* that holds some of what *node* is short of."""
    return next((one for one in idle if _lives(one, node) and one.crew.needs & short), None)


def _with(workers: list[Worker], node: str, left: Room) -> Room:
    """Return what *node* would have left without *workers*."""
    there = [worker.crew for worker in workers if _lives(worker, node)]
    return Room(left.cpus + sum(crew.cpus for crew in there), left.gpus + sum(crew.gpus for crew in there))


def _lives(worker: Worker, node: str) -> bool:
    return worker.place is not None and worker.place.node == node
