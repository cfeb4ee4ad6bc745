"""The version that answers now: swapped without a pause, kept when the next one is of no use."""

from __future__ import annotations

import copy
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
import torch

from assistant import live_model
from assistant.domain import Prediction, Version
from assistant.errors import CorruptVersionError, StoreError
from assistant.learning.update import Learner, update
from assistant.live_model import LiveModel, every
from assistant.model.ranking import Calibration
from tests.synthetic import WordEncoder, plan, rows

TEXT = "refund 99"
V1 = Version("v1", None, datetime(2025, 1, 1, tzinfo=UTC), "ready", "words", "sha", {})
V2, V3 = replace(V1, id="v2", parent="v1"), replace(V1, id="v3", parent="v2")


@pytest.fixture(scope="module")
def learners() -> dict[str, Learner]:
    """Versions that answer the same text with different confidence, v2 and v3 with one intent more."""
    first = update(Learner.untrained(WordEncoder(), plan()), rows("refund", "delivery"), plan())
    second = update(first, rows("parcel"), plan())
    made = {"v1": first, "v2": second, "v3": update(second, rows("refund", start=40), plan())}
    return {
        name: replace(learner, model=learner.model.calibrated(Calibration(temperature)))
        for temperature, (name, learner) in enumerate(made.items(), start=3)
    }


class Deaf(WordEncoder):
    def embed(self, texts: Sequence[str], progress: object = None) -> Any:
        raise KeyError(-1)


@dataclass
class Shelf:
    """What is live and what loads; `broken` versions do not."""

    learners: dict[str, Learner]
    live: Version | None = V1
    broken: set[str] = field(default_factory=set)
    loaded: list[str] = field(default_factory=list)
    before_loading: Callable[[], object] = lambda: None

    def current(self) -> Version | None:
        return self.live

    def load(self, version: Version) -> Learner:
        self.loaded.append(version.id)
        self.before_loading()
        if version.id in self.broken:
            raise CorruptVersionError(f"version {version.id} cannot be used: model.json: No such file")
        return self.learners[version.id]

    def answer(self, version: str) -> list[Prediction]:
        return self.learners[version].model.predict([TEXT])


@pytest.fixture
def shelf(learners: dict[str, Learner]) -> Shelf:
    return Shelf(learners)


@pytest.fixture
def live(shelf: Shelf) -> LiveModel[Learner]:
    return LiveModel(shelf.current, shelf.load)


def test_without_a_published_version_there_is_no_live_model(shelf: Shelf) -> None:
    shelf.live = None
    with pytest.raises(StoreError, match="no version has been published yet; `assistant serve` trains the first one"):
        LiveModel(shelf.current, shelf.load)


def test_a_first_version_that_does_not_load_is_an_error(shelf: Shelf) -> None:
    shelf.broken = {"v1"}
    with pytest.raises(CorruptVersionError):
        LiveModel(shelf.current, shelf.load)


def test_refreshing_swaps_to_another_live_version_and_says_so(shelf: Shelf, live: LiveModel[Learner]) -> None:
    assert (live.refresh(), live.version, live.snapshot().predict([TEXT])) == (False, "v1", shelf.answer("v1"))
    shelf.live = V2
    assert (live.refresh(), live.version, live.snapshot().predict([TEXT])) == (True, "v2", shelf.answer("v2"))
    assert live.refresh() is False
    shelf.live = V1  # a rollback is a swap as well
    assert (live.refresh(), live.version) == (True, "v1")
    assert shelf.loaded == ["v1", "v2", "v1"]


def test_a_snapshot_stays_what_it_was(shelf: Shelf, live: LiveModel[Learner]) -> None:
    taken = live.snapshot()
    shelf.live = V2
    live.refresh()
    assert (taken.version, taken.predict([TEXT])) == ("v1", shelf.answer("v1"))
    assert taken.thresholds == shelf.learners["v1"].model.calibration.thresholds


def test_nearest_gives_exemplars_for_embeddings_of_this_dimension_only(live: LiveModel[Learner]) -> None:
    snapshot = live.snapshot()
    embedding = snapshot.predict([TEXT])[0].embedding
    assert [n.intent for n in snapshot.nearest(embedding, 3)] == ["refund"] * 3
    assert snapshot.nearest(embedding[:-4]) == []
    assert [len(found) for found in snapshot.nearest_of_each([embedding[:-4], embedding], 3)] == [0, 3]
    assert snapshot.nearest_of_each([embedding[:-4]]) == [[]]


def test_some_exemplars_are_those_of_all_intents(live: LiveModel[Learner], learners: dict[str, Learner]) -> None:
    memory = learners["v1"].memory
    snapshot, intents = live.snapshot(), dict(zip(memory.texts, memory.intents, strict=True))
    some = snapshot.exemplars(4)
    assert sorted(intents[text] for text, _ in some) == ["delivery", "delivery", "refund", "refund"]
    for text, embedding in some:
        assert snapshot.nearest(embedding, k=1)[0].text == text
    assert [text for text, _ in snapshot.exemplars(1000)] == list(memory.texts)


def test_no_request_fails_or_mixes_versions_while_they_swap(shelf: Shelf, live: LiveModel[Learner]) -> None:
    known = {name: shelf.answer(name) for name in shelf.learners}
    assert len({predictions[0].confidence for predictions in known.values()}) == 3
    failures: list[BaseException] = []
    seen: list[str] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.is_set():
                snapshot = live.snapshot()
                assert snapshot.predict([TEXT]) == known[snapshot.version]
                seen.append(snapshot.version)
        except BaseException as error:  # noqa: BLE001, RUF100 - whatever it is, it is the failure looked for
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for version in (V2, V3, V1) * 5:
        shelf.live = version
        assert live.refresh()
        reached = len(seen)
        while len(seen) < reached + 8 and not failures:
            time.sleep(0.001)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert set(seen) == {"v1", "v2", "v3"}


def test_the_old_version_answers_while_the_new_one_loads(shelf: Shelf, live: LiveModel[Learner]) -> None:
    loading, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        loading.set()
        assert go_on.wait(10)

    shelf.live, shelf.before_loading = V2, wait
    swapping = threading.Thread(target=live.refresh)
    swapping.start()
    assert loading.wait(10)
    assert (live.version, live.snapshot().predict([TEXT])) == ("v1", shelf.answer("v1"))
    go_on.set()
    swapping.join()
    assert live.version == "v2"


def test_refreshing_from_many_threads_loads_a_version_once(shelf: Shelf, live: LiveModel[Learner]) -> None:
    shelf.live, shelf.before_loading = V2, lambda: time.sleep(0.02)
    swapped: list[bool] = []
    threads = [threading.Thread(target=lambda: swapped.append(live.refresh())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(swapped), shelf.loaded) == ([False] * 5 + [True], ["v1", "v2"])


def test_a_version_that_does_not_load_leaves_the_old_one_and_is_told_once(
    shelf: Shelf, live: LiveModel[Learner], caplog: pytest.LogCaptureFixture
) -> None:
    shelf.live, shelf.broken = V2, {"v2"}
    assert [live.refresh() for _ in range(3)] == [False] * 3
    assert (live.version, live.snapshot().predict([TEXT])) == ("v1", shelf.answer("v1"))
    assert shelf.loaded == ["v1", "v2"]
    told = [(r.levelno, r.getMessage()) for r in caplog.records if r.levelno >= logging.WARNING]
    assert told == [(logging.ERROR, "still answering with v1: version v2 cannot be used: model.json: No such file")]


def test_a_version_that_fails_at_its_first_answer_leaves_the_old_one_and_is_told_once(
    shelf: Shelf, live: LiveModel[Learner], caplog: pytest.LogCaptureFixture
) -> None:
    deaf = replace(shelf.learners["v2"], model=replace(shelf.learners["v2"].model, encoder=Deaf()))
    shelf.learners, shelf.live = shelf.learners | {"v2": deaf}, V2
    assert [live.refresh() for _ in range(3)] == [False] * 3
    assert live.snapshot().predict([TEXT]) == shelf.answer("v1")
    (told,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert told == (
        "still answering with v1: version v2 cannot be used: it fails to answer (KeyError: -1);"
        " roll back with `assistant rollback`"
    )


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # which is an error in tests alone
def test_a_version_whose_answers_are_no_numbers_leaves_the_old_one(
    shelf: Shelf, live: LiveModel[Learner], caplog: pytest.LogCaptureFixture
) -> None:
    loud = replace(shelf.learners["v2"], model=copy.deepcopy(shelf.learners["v2"].model))
    torch.nn.init.constant_(loud.model.head.out_proj.weight, 3e38)
    shelf.learners, shelf.live = shelf.learners | {"v2": loud}, V2
    assert live.refresh() is False
    assert live.snapshot().predict([TEXT]) == shelf.answer("v1")
    (told,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "version v2 cannot be used: how sure it is of an answer is no number (nan)" in told


def test_after_a_broken_version_a_sound_one_is_taken(shelf: Shelf, live: LiveModel[Learner]) -> None:
    shelf.live, shelf.broken = V2, {"v2"}
    live.refresh()
    shelf.live = V3
    assert (live.refresh(), live.version) == (True, "v3")


def test_a_restored_folder_is_taken_without_a_restart(
    shelf: Shelf, live: LiveModel[Learner], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(live_model, "RETRY_SECONDS", 0.0)
    shelf.live, shelf.broken = V2, {"v2"}
    assert [live.refresh() for _ in range(3)] == [False] * 3
    assert len(caplog.records) == 1
    shelf.broken = set()
    assert (live.refresh(), live.version) == (True, "v2")


def test_a_version_repaired_after_a_rollback_is_taken_when_published_again(
    shelf: Shelf, live: LiveModel[Learner]
) -> None:
    shelf.live, shelf.broken = V2, {"v2"}
    live.refresh()
    shelf.live = V1
    assert live.refresh() is False
    shelf.live, shelf.broken = V2, set()
    assert (live.refresh(), live.version) == (True, "v2")


def until(reached: Callable[[], bool], seconds: float = 2.0) -> bool:
    end = time.monotonic() + seconds
    while not reached() and time.monotonic() < end:
        time.sleep(0.005)
    return reached()


def test_following_takes_a_published_version_within_two_seconds(shelf: Shelf, live: LiveModel[Learner]) -> None:
    stop = live.follow(1.0)  # the default of the setting poll_seconds
    shelf.live = V2
    assert until(lambda: live.version == "v2")
    stop()


def test_following_outlives_a_store_that_fails(
    shelf: Shelf, live: LiveModel[Learner], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = threading.Event()

    def current() -> Any:
        if not failing.is_set():
            failing.set()
            raise StoreError("the database is locked")
        return shelf.live

    following = LiveModel(shelf.current, shelf.load)
    monkeypatch.setattr(following, "_current", current)
    stop = following.follow(0.01)
    shelf.live = V2
    assert until(lambda: following.version == "v2")
    stop()
    assert "could not look for a new version; trying again" in caplog.text


def test_a_store_that_goes_on_failing_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """A traceback at every look would fill the disk while the database is away."""
    looks = iter(["gone", "gone", "gone", None, "gone", "gone", "locked"])
    done = threading.Event()

    def look() -> None:
        try:
            fails = next(looks)
        except StopIteration:
            done.set()
            return
        if fails:
            raise StoreError(fails)

    stop = every(0.001, look, "looking")
    assert done.wait(10)
    stop()
    assert [str(record.exc_info[1]) for record in caplog.records if record.exc_info] == ["gone", "gone", "locked"]


def test_what_follow_returns_stops_it(shelf: Shelf, live: LiveModel[Learner]) -> None:
    live.follow(0.01)()
    time.sleep(0.05)
    shelf.live = V2
    time.sleep(0.05)
    assert live.version == "v1"
