"""What a worker says comes back with its answer."""

from actors.host import Host


def test_what_a_worker_says_comes_back_with_its_answer() -> None:
    """Its own lines and the warnings of libraries; also where it then fails."""
    host = Host("tests.workers:Muttering", ())
    host.load()
    good, bad = (host.call("mutter", (then,)) for then in ("answer", "fail"))

    assert good.value == "answer"
    assert bad.value.verdict == "memory"  # type: ignore[attr-defined]
    for said in (good, bad):
        assert [(line.level, line.text) for line in said.lines] == [
            ("info", "wan loaded on cuda in 12.0 s"),
            ("warning", "the tokenizer cut 3 words"),
        ]
