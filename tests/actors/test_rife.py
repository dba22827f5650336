"""Pictures between pictures: the network's way of looking, and the published weights on a moving bar."""

import io
from typing import Any

import pytest
import torch
from torch import Tensor

from actors.networks import load_rife
from actors.rife import Rife, read_rife
from schemas.errors import GenerationError
from tests.published import Published


@pytest.fixture
def small() -> Rife:
    """A network with few channels and random weights."""
    torch.manual_seed(3)
    return Rife((8, 6, 6, 4)).eval()


def bar(left: float) -> Tensor:
    """Draw a soft bright bar on a ground that slopes, float [1, 3, 96, 160]."""
    x = torch.arange(160.0)
    row = 0.2 + 0.001 * x + 0.6 * torch.sigmoid((x - left) / 2) * torch.sigmoid((left + 30 - x) / 2)
    return row.expand(1, 3, 96, 160).contiguous()


def pickled(tensors: dict[str, Any]) -> bytes:
    """Return what torch.save makes of *tensors*."""
    file = io.BytesIO()
    torch.save(tensors, file)
    return file.getvalue()


def published(network: Rife) -> dict[str, Tensor]:
    """Return the tensors under the names of the published file, with others beside them."""
    named = {f"module.block{name[7:]}": tensor for name, tensor in network.state_dict().items()}
    return {**named, "module.block_tea.conv0.0.0.weight": torch.zeros(2), "module.unet.x": torch.zeros(2)}


@pytest.mark.parametrize("size", [(96, 160), (50, 70), (128, 128)])
def test_what_is_drawn_has_the_size_and_range_of_what_is_given(small: Rife, size: tuple[int, int]) -> None:
    """Whatever sides it must be padded to inside."""
    ends = torch.rand(2, 1, 3, *size)

    with torch.inference_mode():
        drawn = small(*ends, 0.4)
        again = small(*ends, 0.4)

    assert drawn.shape == ends[0].shape
    assert 0 <= drawn.min() <= drawn.max() <= 1
    assert torch.equal(drawn, again)


def test_without_motion_both_pictures_are_mixed(small: Rife) -> None:
    """A network that finds no flow and no preference blends: the warp itself moves nothing."""
    for block in small.blocks:
        torch.nn.init.zeros_(block.lastconv.weight)
        torch.nn.init.zeros_(block.lastconv.bias)

    with torch.inference_mode():
        drawn = small(bar(20), bar(60), 0.5)

    assert torch.allclose(drawn, (bar(20) + bar(60)) / 2, atol=1e-5)


def test_flow_is_in_pixels(small: Rife) -> None:
    """A flow of ten to the right on one side shows what lies ten to the right there."""
    for number, block in enumerate(small.blocks):
        torch.nn.init.zeros_(block.lastconv.weight)
        # The coarsest block's answer counts sixteenfold: in its own pixels, of two at a time.
        values = torch.tensor([10.0 / 16, 0, 0, 0, 20]) if number == 0 else torch.zeros(5)
        block.lastconv.bias.data.copy_(values)

    with torch.inference_mode():
        drawn = small(bar(60), bar(0), 0.5)

    assert torch.allclose(drawn[..., :140], bar(60)[..., 10:150], atol=1e-3)


def test_fast_motion_is_looked_at_from_further_away(small: Rife, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the first correction is large, all scales are doubled, once."""
    looks: list[int] = []
    look = Rife._look

    def watched(network: Rife, before: Tensor, after: Tensor, part: Tensor, step: int) -> Any:
        looks.append(step)
        return look(network, before, after, part, step)

    monkeypatch.setattr(Rife, "_look", watched)
    with torch.inference_mode():
        small(bar(20), bar(60), 0.5)
        torch.nn.init.constant_(small.blocks[1].lastconv.bias, 9)
        small(bar(20), bar(60), 0.5)

    assert looks == [1, 1, 2]


def test_the_published_file_is_read_without_trust(small: Rife) -> None:
    """What the network does not use is left out; the rest arrives."""
    named = read_rife(pickled(published(small)))

    assert named.keys() == small.state_dict().keys()
    assert all(torch.equal(tensor, small.state_dict()[name]) for name, tensor in named.items())


class Trap:
    """What a hostile pickle would have run."""

    def __reduce__(self) -> Any:
        return print, ("run",)


@pytest.mark.parametrize("content", [b"", b"not a pickle", "trap", "half", "list"])
def test_another_file_is_refused(small: Rife, capsys: pytest.CaptureFixture[str], content: Any) -> None:
    """Damaged, of another network, or hostile: nothing of it is run."""
    tensors: Any = {
        "trap": {"x": Trap()},
        "half": dict(list(published(small).items())[:9]),
        "list": [torch.zeros(2)],
    }
    data = content if isinstance(content, bytes) else pickled(tensors[content])

    with pytest.raises(GenerationError, match="is no RIFE"):
        read_rife(data)
    assert "run" not in capsys.readouterr().out


def test_the_published_weights_move_a_bar_where_blending_shows_two(published: Published) -> None:
    """Half-way from one picture to the next, and a fifth of the way."""
    rife = load_rife(published("rife"))

    for part in (0.5, 0.2):
        with torch.inference_mode():
            drawn = rife(bar(40), bar(60), part)
        true = bar(40 + 20 * part)
        blend = bar(40) * (1 - part) + bar(60) * part
        assert (drawn - true).square().mean() < 0.1 * (blend - true).square().mean()
