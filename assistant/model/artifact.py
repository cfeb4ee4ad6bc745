"""Version folders on disk: written whole or not at all, read only when every hash holds."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError

from assistant.domain import LabelSet, Thresholds
from assistant.drafts import draft_of
from assistant.errors import CorruptVersionError
from assistant.model.doubt import Doubt
from assistant.model.encoder import TextEncoder
from assistant.model.ranking import Calibration
from assistant.reading import read_whole

if TYPE_CHECKING:
    from assistant.model.classifier import IntentClassifier

MANIFEST = "manifest.json"
HEAD, MODEL = "head.safetensors", "model.json"
ENCODER = "encoder"  # subfolder with the encoder of a version, where nobody else has it
TUNED = " (tuned)"  # at the end of such an encoder's name


def write_folder(folder: Path, files: Mapping[str, bytes | Path]) -> str:
    """Writes `files` and their manifest to a draft beside `folder`, syncs them, renames. Returns the manifest's sha256.

    A name may lie in a subfolder (`encoder/config.json`). A Path stands for a file that is there already and never
    changes: the new folder shares it by a hard link, or copies it where the disk has no such links.
    A crash or a full disk leaves at most a draft, which nothing reads; `folder` itself appears complete.
    Raises CorruptVersionError when the disk refuses.
    """
    draft = draft_of(folder)
    try:
        manifest = json.dumps(
            {"format": 1, "files": {name: _sha256(data) for name, data in sorted(files.items())}}, indent=1
        ).encode()
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for name, data in {**files, MANIFEST: manifest}.items():
            (draft / name).parent.mkdir(parents=True, exist_ok=True)
            _put(draft / name, data)
        for inner in {draft / parent for name in files for parent in PurePosixPath(name).parents}:
            _sync(inner)
        draft.rename(folder)
        try:
            _sync(folder.parent)
        except OSError:
            folder.rename(draft)  # not known to survive a power cut, so it shall not be there at all
            raise
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise CorruptVersionError(
            f"version {folder.name} could not be saved to {folder.parent}: {error.strerror or error};"
            " the live version is untouched. Free some space or fix the permissions, then run again."
        ) from error
    return hashlib.sha256(manifest).hexdigest()


def read_folder(folder: Path, manifest_sha256: str | None = None) -> dict[str, bytes]:
    """The files of a version, after checking the manifest (against the store's hash, if given) and every file."""
    try:
        manifest = read_whole(folder / MANIFEST)
        if manifest_sha256 is not None and hashlib.sha256(manifest).hexdigest() != manifest_sha256:
            raise corrupt(folder, f"{MANIFEST} does not have the recorded sha256 {manifest_sha256}")
        listed = dict(json.loads(manifest)["files"])
        files = {name: read_whole(folder / name, most=None) for name in listed if _inside(name)}
    except OSError as error:
        denied = "; make it readable for this user" if isinstance(error, PermissionError) else ""
        raise corrupt(folder, f"{Path(str(error.filename or folder)).name}: {error.strerror}{denied}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise corrupt(folder, f"{MANIFEST} is unreadable ({error})") from error
    except MemoryError as error:
        raise corrupt(folder, "its files are larger than the memory that is free") from error
    for name, expected in listed.items():
        if name not in files:
            raise corrupt(folder, f"{MANIFEST} lists {name!r}, which is not a file of this folder")
        found = hashlib.sha256(files[name]).hexdigest()
        if found != expected:
            raise corrupt(folder, f"{name} has sha256 {found}, expected {expected}")
    return files


def _sha256(data: bytes | Path) -> str:
    if isinstance(data, bytes):
        return hashlib.sha256(data).hexdigest()
    with data.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put(target: Path, data: bytes | Path) -> None:
    if isinstance(data, bytes):
        with target.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return
    try:
        target.hardlink_to(data)
    except OSError:
        shutil.copyfile(data, target)
    with target.open("rb") as file:
        os.fsync(file.fileno())


def _inside(name: str) -> bool:
    """Whether a manifest may list it: a file of the folder or of a subfolder, and no way out of them."""
    parts = PurePosixPath(name).parts
    return bool(parts) and name == "/".join(parts) and not {"/", ".."} & set(parts)


def model_files(model: IntentClassifier) -> dict[str, bytes]:
    """The model as files: weights as safetensors, the rest as JSON."""
    import safetensors.torch

    from assistant.model.precision import stored

    head = model.head
    tensors = {name: stored(value) for name, value in head.state_dict().items()}
    description = {
        "intents": list(model.labels),
        "encoder": {"name": model.encoder.name, "fingerprint": model.encoder.fingerprint},
        "head": {
            "dimension": head.dense.in_features,
            "hidden": head.dense.out_features,
            "dropout": head.dropout.p,
            "columns": [column.out_features for column in head.columns],
        },
        "calibration": {
            "temperature": model.calibration.temperature,
            "answer_threshold": model.calibration.thresholds.answer,
            "plausible_threshold": model.calibration.thresholds.plausible,
            "doubt": asdict(model.calibration.doubt) if model.calibration.doubt else None,
        },
    }
    return {HEAD: safetensors.torch.save(tensors), MODEL: json.dumps(description, indent=1).encode()}


@dataclass(frozen=True, slots=True)
class Description:
    """What a version says of its model beside the weights."""

    labels: LabelSet
    dimension: int
    hidden: int
    dropout: float
    columns: tuple[int, ...]
    calibration: Calibration


def described(folder: Path, files: Mapping[str, bytes], encoder: TextEncoder) -> Description:
    """What `model_files` wrote beside the weights. Raises CorruptVersionError also for another encoder's version."""
    try:
        read = json.loads(files[MODEL])
        fingerprint = read["encoder"]["fingerprint"]
        if fingerprint != encoder.fingerprint:
            raise corrupt(
                folder,
                f"it was trained with encoder {read['encoder']['name']!r} ({fingerprint[:12]}),"
                f" the one loaded is {encoder.name!r} ({encoder.fingerprint[:12]});"
                " set the encoder back, or run `assistant encoder switch`",
            )
        head, calibration, intents = read["head"], read["calibration"], read["intents"]
        if not isinstance(intents, list) or not all(isinstance(intent, str) for intent in intents):
            raise ValueError(f"its intents are no list of names: {str(intents)[:60]}")
        columns = tuple(head.get("columns", ()))  # the first folders had none
        sizes = (head["dimension"], head["hidden"], *columns)
        if not all(type(size) is int and size > 0 for size in sizes):
            raise ValueError(f"its layers have the sizes {str(sizes)[:60]}, which are not all whole numbers above 0")
        return Description(
            LabelSet(tuple(intents)),
            head["dimension"],
            head["hidden"],
            head["dropout"],
            columns,
            _calibration(calibration),
        )
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise corrupt(folder, f"its model cannot be read ({str(error).splitlines()[0]})") from error


def _calibration(read: Mapping[str, Any]) -> Calibration:
    """The first folders had a temperature and an answer threshold alone. Raises ValueError for no fitted numbers."""
    if not isinstance(read, dict):
        raise ValueError(f"its calibration is no table: {str(read)[:60]}")
    doubt = Doubt(**read["doubt"]) if read.get("doubt") is not None else None
    outside = doubt.threshold if doubt else None
    thresholds = Thresholds(read["answer_threshold"], read.get("plausible_threshold"), outside)
    return Calibration(read["temperature"], thresholds, doubt)


def model_from(folder: Path, files: Mapping[str, bytes], encoder: TextEncoder) -> IntentClassifier:
    """The model that `model_files` wrote. Raises CorruptVersionError also when it belongs to another encoder."""
    # Imported here: who serves a version, lists versions or publishes one must not load torch.
    import safetensors.torch

    from assistant.model.classifier import IntentClassifier
    from assistant.model.head import ClassificationHead, add_column
    from assistant.model.soundness import require_finite

    read = described(folder, files, encoder)
    try:
        head = ClassificationHead(read.dimension, read.hidden, len(read.labels), read.dropout)
        for width in read.columns:
            add_column(head, width)
        weights = safetensors.torch.load(files[HEAD])
        require_finite({name: each.numpy() for name, each in weights.items()})
        head.load_state_dict(weights)
    except (KeyError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise corrupt(folder, f"its model cannot be read ({str(error).splitlines()[0]})") from error
    head.requires_grad_(False)
    return IntentClassifier(encoder, head.eval(), read.labels, read.calibration)


def dimension_of(folder: Path) -> int | None:
    """How long the embeddings of the version in `folder` are; None where it does not say, as who loads it will tell."""
    try:
        found = json.loads(read_whole(folder / MODEL))["head"]["dimension"]
    except (OSError, KeyError, ValueError, TypeError, RecursionError):
        return None
    return found if type(found) is int and found > 0 else None


def own_encoder_bytes(folder: Path) -> int:
    """What the encoder takes that the version in `folder` holds; 0 where others have it."""
    return sum(file.stat().st_size for file in (folder / ENCODER).rglob("*") if file.is_file())


@dataclass(frozen=True)
class EncoderSource:
    """Where the encoder of a version comes from: by name from elsewhere, or from the `folder` that the version holds.

    Equal fingerprints mean equal encoders, wherever they lie.
    """

    fingerprint: str
    name: str = field(compare=False)
    folder: Path | None = field(compare=False)


def encoder_source(folder: Path, files: Mapping[str, bytes]) -> EncoderSource:
    """Which encoder the version in `folder` was trained with. Raises CorruptVersionError where it does not say."""
    try:
        encoder = json.loads(files[MODEL])["encoder"]
        fingerprint, name = str(encoder["fingerprint"]), str(encoder["name"])
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise corrupt(folder, f"{MODEL} does not say which encoder it is") from error
    own = any(PurePosixPath(each).parts[0] == ENCODER for each in files)
    return EncoderSource(fingerprint, name, folder / ENCODER if own else None)


def corrupt(folder: Path, what: str) -> CorruptVersionError:
    """The error for a version that cannot be used: `what` is wrong with it, and what to do."""
    return CorruptVersionError(
        f"version {folder.name} cannot be used: {what}. If it is live, roll back with `assistant rollback`, which a"
        f" first version cannot; or restore the folder {folder} from a backup."
    )


def _sync(folder: Path) -> None:
    """Makes a rename or a new file in `folder` survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
