"""Every setting with its default and its limits, as frozen values."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from assistant.domain import Language
from assistant.strategies import Spec

LABELS = r"[\w-]+(\.[\w-]+)*"  # of a host name, between its dots


def _plain(host: str) -> str:
    """A name as browsers send it, in lower case. Raises ValueError for what no request could ever name."""
    if not re.fullmatch(rf"{LABELS}\.?", host, re.ASCII):
        raise ValueError("write the bare name of a host, such as help.example.org: no wildcard, scheme, port or path")
    return host.lower()


HostName = Annotated[str, AfterValidator(_plain)]


def _origin(site: str) -> str:
    """An origin as browsers compare it, in lower case. Raises ValueError for what is none."""
    found = re.fullmatch(rf"https?://{LABELS}(:(?P<port>\d{{1,5}}))?", site, re.ASCII | re.IGNORECASE)
    if not found or not 1 <= int(found["port"] or 1) <= 65535:
        raise ValueError(
            "write scheme and host of a site, such as https://www.shop.example: no path, no wildcard, letters beyond"
            " a to z as browsers send them, xn--..., a port from 1 to 65535"
        )
    return site.lower()


Origin = Annotated[str, AfterValidator(_origin)]


def _named(folder: object) -> object:
    """Raises ValueError for an empty name, which would stand for the folder where the command runs."""
    if folder == "":
        raise ValueError("name a folder, . for the one where the command runs, or leave it out")
    return folder


Folder = Annotated[Path, BeforeValidator(_named)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Learning(_Section):
    """The nightly update. See `assistant.learning.plans.UpdatePlan`."""

    regularizer: Spec = Field(Spec(name="ewc_exact"), description="what keeps the old knowledge, with its options")
    selector: Spec = Field(Spec(name="coreset"), description="which exemplars are kept")
    scope: Spec = Field(Spec(name="output"), description="what may change")
    replay: Annotated[float, Field(strict=True, ge=0, le=10)] = Field(
        1.0, description="weight of the memory; 0 leaves it out"
    )
    memory: Annotated[int, Field(strict=True, ge=1, le=1000)] = Field(20, description="exemplars kept per intent")
    schedule: Literal["constant", "rising"] = Field("constant", description="how the regulariser's strength goes")
    search: Literal["none", "strength"] = Field(
        "none", description="what each update tries out on a part of the memory"
    )


class Constraints(_Section):
    """What an installation may keep. See `assistant.learning.constraints`; a setting of `[learning]` wins."""

    privacy: Annotated[bool, Field(strict=True)] = Field(False, description="keep no text of a message to learn from")
    storage_mb: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = Field(
        None, description="most that a version's folder may take, in millions of bytes"
    )
    intents: Annotated[int, Field(strict=True, ge=1)] | None = Field(None, description="intents that are expected")


class Consolidation(_Section):
    """The slower update in which the encoder learns too. See `assistant.learning.tuning.TuningPlan`."""

    scope: Spec = Field(Spec(name="lora"), description="what of the encoder may change, with options")
    epochs: Annotated[float, Field(strict=True, gt=0, le=100)] = Field(2.0, description="passes over the rows at most")


class Rung(_Section):
    """One more try after a refusal: factors on the plan's regulariser strength and replay."""

    strength: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = 1.0
    replay: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] = 1.0


class Retrain(_Section):
    gates: tuple[Spec, ...] = Field(
        tuple(Spec(name=n) for n in ("old_accuracy", "each_old_intent", "negative_flips", "new_intents")),
        description="what a candidate must pass, with options",
    )
    ladder: tuple[Rung, ...] = Field(
        (Rung(), Rung(strength=3), Rung(strength=10), Rung(strength=10, replay=2)),
        description="plans tried in turn until one passes the gates",
    )
    hold: bool = Field(False, description="keep a version that passes for a person to publish")
    lock_seconds: Annotated[float, Field(strict=True, ge=10, le=86400)] = Field(
        3600, description="after this long a dead run no longer blocks"
    )


class Triggers(_Section):
    """What makes `assistant retrain --if-due` run."""

    corrections: Annotated[int, Field(strict=True, ge=1, le=100000)] = Field(
        20, description="pending corrections that are enough for a run"
    )
    new_intent_rows: Annotated[int, Field(strict=True, ge=1, le=1000)] = Field(
        5, description="pending rows of a new intent that are enough for a run"
    )
    drift: bool = Field(True, description="whether drift that lasts is a reason to run")


class Serving(_Section):
    """How the chat embeds a message. The nightly update always uses torch."""

    engine: Literal["onnx", "onnx-int8", "torch"] = Field(
        "onnx", description="ONNX Runtime where the encoder can be exported; int8 where a version passes its gates so"
    )


class Decision(_Section):
    """What the chat's mistakes cost, in a unit of your choice. See `assistant.dialogue.costs`."""

    wrong_answer: Annotated[float, Field(strict=True, gt=0, le=1000)] = Field(
        4.0, description="answered wrongly, or answered what nobody can answer"
    )
    needless_question: Annotated[float, Field(strict=True, gt=0, le=1000)] = Field(1.0, description="asked back")
    needless_hand_over: Annotated[float, Field(strict=True, gt=0, le=1000)] = Field(
        2.0, description="not understood or passed on, though there is an answer"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Decision:
        if not self.needless_question < self.needless_hand_over < self.wrong_answer:
            raise ValueError(
                "a question must cost less than a needless hand-over, and that less than a wrong answer;"
                " otherwise the chat never asks back, or never hands over"
            )
        return self


Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Front(_Section):
    """What the chat opens with, in one language. See `assistant.dialogue.front`."""

    title: Words | None = Field(None, description="heading; default: Support")
    tagline: Words | None = Field(None, description="line below it")
    greeting: Words | None = Field(None, description="the first thing that the assistant says")


def _distinct(languages: tuple[Language, ...]) -> tuple[Language, ...]:
    if len(set(languages)) < len(languages):
        raise ValueError("name each language once")
    return languages


class Chat(_Section):
    sites: tuple[Origin, ...] = Field((), description="sites whose pages may hold the chat")
    languages: Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(_distinct)] = Field(
        (Language.ENGLISH, Language.CHINESE),
        description="what the chat speaks, the first to those who ask for none of them",
    )
    en: Front = Front()
    zh_cn: Front = Front()
    de: Front = Front()
    fr: Front = Front()
    es: Front = Front()

    def front(self, language: Language) -> Front:
        """The shop's own words in that language."""
        front: Front = getattr(self, language.value.replace("-", "_").lower())
        return front


class Settings(_Section):
    data: Folder = Field(Path("var"), description="folder of database, versions and reports")
    encoder: Annotated[str, Field(min_length=1)] = Field(
        "embedded", description="`embedded` (all-MiniLM-L6-v2), a hub name or a local folder"
    )
    corpus: Folder | None = Field(
        None, description="folder with the corpus of the first version; default: the shipped shop corpus"
    )
    # Empty, it would stand for every address that this machine has.
    host: Annotated[str, Field(min_length=1)] = Field("127.0.0.1", description="address to serve on")
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = Field(7860, description="port to serve on")
    allowed_hosts: Annotated[tuple[HostName, ...], Field(min_length=1)] = Field(
        ("localhost", "127.0.0.1"), description="host names that the server answers to"
    )
    poll_seconds: Annotated[float, Field(strict=True, gt=0, le=60)] = Field(
        1.0, description="how often the running chat looks for a new version"
    )
    retention_days: Annotated[int, Field(strict=True, ge=1)] | None = Field(
        None, description="`retrain` and `learn` erase conversations that were quiet for so long; default: none"
    )
    discoverer: Spec = Field(Spec(name="anchored"), description="how new intents are found, with its options")
    learning: Learning = Learning()
    consolidation: Consolidation = Consolidation()
    constraints: Constraints = Constraints()
    retrain: Retrain = Retrain()
    triggers: Triggers = Triggers()
    serving: Serving = Serving()
    decision: Decision = Decision()
    chat: Chat = Chat()

    @property
    def database(self) -> Path:
        return self.data / "assistant.db"

    @property
    def versions(self) -> Path:
        return self.data / "versions"

    @property
    def reports(self) -> Path:
        return self.data / "reports"

    @property
    def exports(self) -> Path:
        return self.data / "exports"
