"""Whether versions get better and what they forget is read off their reports, the messages and the folders."""

from __future__ import annotations

import json
import resource
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.domain import Decision, Intent, Prediction, Score, Signal, Thresholds, Version
from assistant.errors import InputError
from assistant.services.health.forgetting import fallen
from assistant.services.health.overview import VERSIONS, Confusion, Health
from assistant.services.health.tables import tables, write_tables
from assistant.services.intents.care import IntentCare
from assistant.services.intents.figures import intent_figures
from assistant.store import DriftScore, Store
from tests.fakes import FakeClock

BIRTH = datetime(2025, 3, 1, 2, tzinfo=UTC)


def report(title: str, intents: dict[str, tuple[float | None, int]], **more: Any) -> dict[str, Any]:
    rows = {name: {"before": 0.5, "after": after, "rows": rows} for name, (after, rows) in intents.items()}
    return {"title": title, "reason": "passed", "intents": rows, "seconds": 6.5, "trained_rows": 40, **more}


FIRST = report(
    "First version", {"refund": (0.9, 10), "delivery": (1.0, 30)},
    old_accuracy=0.975, knowledge_retention=1.0, forgetting=0.0, negative_flips=0.0, predictive_entropy=0.4,
)  # fmt: skip
SECOND = report(
    "Retrain of 2025-03-02 02:00:00 UTC", {"refund": (0.6, 10), "delivery": (0.9, 30), "gift": (1.0, 10)},
    old_accuracy=0.825, knowledge_retention=0.825 / 0.975, new_accuracy=1.0, forgetting=0.15, negative_flips=0.02,
    predictive_entropy=0.3, parameter_norm_change=0.05, started=(BIRTH + timedelta(days=1)).isoformat(),
)  # fmt: skip


def publish(store: Store, name: str, parent: str | None, told: dict[str, Any], *, days: int, live: str | None) -> None:
    """Adds a version and makes it live in place of `live`."""
    with store.unit() as uow:
        made = BIRTH + timedelta(days=days)
        uow.versions.add(Version(name, parent, made, "ready", "encoder-1", "sha", told))
        uow.versions.publish(name, expected_live=live, learned=(), actor="ann", kind="publish", reason="a test")


@pytest.fixture
def two(store: Store) -> Store:
    publish(store, "v1", None, FIRST, days=0, live=None)
    publish(store, "v2", "v1", SECOND, days=1, live="v1")
    return store


def test_before_the_first_version_there_is_an_empty_view_and_every_table_is_there(store: Store) -> None:
    view = Health(store).view()
    assert view.live is None
    assert {name: table.rows for name, table in tables(view).items()} == dict.fromkeys(
        ("versions", "fallen", "runs", "conversations", "days", "drift", "confusions", "by_intent", "reliability"), ()
    )


def test_accuracy_weighs_intents_by_their_rows_and_follows_the_first_intents_all_the_way(two: Store) -> None:
    first, second = Health(two).view().versions
    assert first.judged.overall == pytest.approx((0.9 * 10 + 1.0 * 30) / 40)
    assert second.judged.overall == pytest.approx((0.6 * 10 + 0.9 * 30 + 1.0 * 10) / 50)
    assert second.kept == pytest.approx((0.6 * 10 + 0.9 * 30) / 40)
    assert (second.judged.old, second.judged.new, second.judged.flips) == (0.825, 1.0, 0.02)
    assert second.judged.retention == pytest.approx(0.825 / 0.975)


def test_what_the_first_version_knew_is_remembered_when_it_is_no_longer_among_those_shown(two: Store) -> None:
    for number in range(3, VERSIONS + 2):
        publish(two, f"v{number}", f"v{number - 1}", SECOND, days=number, live=f"v{number - 1}")
    view = Health(two).view()
    assert (len(view.versions), view.versions[0].version) == (VERSIONS, "v2")
    assert (view.kept_at_first, view.versions[-1].kept) == pytest.approx((0.975, 0.825))


def test_a_first_version_has_lost_nothing_and_kept_nothing(two: Store) -> None:
    judged = Health(two).view().versions[0].judged
    assert (judged.old, judged.retention, judged.forgetting, judged.flips) == (None, None, None, None)
    assert judged.entropy == 0.4


def test_every_intent_is_followed_over_the_versions_the_least_accurate_first(two: Store) -> None:
    table = tables(Health(two).view())["by_intent"]
    assert table.heads == ("intent", "holdout rows", "v1 (%)", "v2 (%)")
    assert table.rows == (("refund", 10, 90, 60), ("delivery", 30, 100, 90), ("gift", 10, None, 100))


def test_confidence_is_compared_with_what_operators_said(two: Store) -> None:
    def message(text: str, sure: float, label: str | None, source: str = "correction", **more: Any) -> None:
        with two.unit() as uow:
            uow.conversations.add_user_message(
                uow.conversations.create(), text, decision=more.pop("decision", Decision.CLARIFY), encoder="encoder-1",
                prediction=Prediction(text, (Score("refund", sure),), b""), thresholds=Thresholds(0.7), **more,
            )  # fmt: skip
            if label:
                uow.examples.add(text, label, source=source, operator="ann")

    for text, sure, label in (("a", 0.31, "refund"), ("b", 0.39, "delivery"), ("c", 1.0, "refund"), ("d", 0.5, None)):
        message(text, sure, label)
    message("confirmed", 0.95, "refund", source="confirmation")
    message("picked", 0.2, "refund", decision=Decision.CHOSEN)
    message("as in the corpus", 0.2, "refund", source="seed")
    message("as corrected", 0.2, "refund", instant=1)
    view = Health(two).view()
    assert [(one.messages, one.sure, one.right) for one in view.reliability] == [(2, 0.35, 0.5), (2, 0.975, 1.0)]
    assert tables(view)["reliability"].rows == ((2, 35, 50), (2, 97.5, 100))


def test_intents_below_their_best_are_named_the_furthest_first_unless_rows_are_few(two: Store) -> None:
    third = report("Retrain", {"refund": (0.7, 10), "delivery": (0.75, 30), "gift": (0.1, 9)})
    publish(two, "v3", "v2", third, days=2, live="v2")
    found = Health(two).view().fallen
    assert [(one.intent, one.best_version) for one in found] == [("delivery", "v1"), ("refund", "v1")]
    assert [one.lost for one in found] == pytest.approx([0.25, 0.2])


def test_a_year_of_versions_is_read_through_once_however_many_intents_there_are() -> None:
    class Counted(dict[str, Any]):
        reads = 0

        def get(self, key: str, default: Any = None) -> Any:
            Counted.reads += 1
            return super().get(key, default)

    told: dict[str, tuple[float | None, int]] = {f"intent_{number}": (0.9, 20) for number in range(20)}
    line = [Version(f"v{n}", None, BIRTH, "ready", "e", "sha", Counted(report("Retrain", told))) for n in range(5)]
    assert fallen(line) == ()
    assert Counted.reads == 5


def test_a_version_that_was_taken_back_is_no_part_of_the_line(two: Store) -> None:
    third = report("Retrain", {"refund": (0.8, 10), "delivery": (1.0, 30)})
    publish(two, "v3", "v1", third, days=2, live="v2")
    view = Health(two).view()
    assert [point.version for point in view.versions] == ["v1", "v3"]
    assert [one.intent for one in view.fallen] == ["refund"]
    assert len(view.runs) == 3


def test_a_refused_run_is_told_beside_those_that_made_versions_and_none_twice(two: Store, tmp_path: Path) -> None:
    refused = SECOND | {"started": (BIRTH + timedelta(days=3)).isoformat(), "verdict": "refused", "seconds": 9.0}
    (tmp_path / "retrain-20250302T020000000000.json").write_text(json.dumps(SECOND | {"verdict": "published"}))
    (tmp_path / "retrain-20250304T020000000000.json").write_text(json.dumps(refused))
    (tmp_path / "retrain-20250305T020000000000.json").write_text('["cut o')
    view = Health(two, reports=tmp_path).view()
    assert [(run.kind, run.verdict, run.seconds) for run in view.runs] == [
        ("First version", "published", 6.5),
        ("Retrain", "published", 6.5),
        ("Retrain", "refused", 9.0),
    ]
    assert view.unreadable == ("retrain-20250305T020000000000.json",)


def test_a_held_version_is_told_as_held(two: Store) -> None:
    with two.unit() as uow:
        uow.versions.add(Version("v3", "v2", BIRTH + timedelta(days=2), "ready", "encoder-1", "sha", SECOND))
    assert [run.verdict for run in Health(two).view().runs] == ["published", "published", "held"]


def test_exemplars_and_megabytes_are_those_of_the_folder(two: Store, tmp_path: Path) -> None:
    (tmp_path / "v2" / "encoder").mkdir(parents=True)
    (tmp_path / "v2" / "memory.jsonl").write_text('["hi", "refund"]\n' * 3)
    (tmp_path / "v2" / "encoder" / "weights").write_bytes(bytes(2_000_000 - 51))
    first, second = Health(two, versions=tmp_path).view().versions
    assert (first.exemplars, first.megabytes) == (None, None)
    assert second.exemplars == 3
    assert second.megabytes == pytest.approx(2.0)


def write(store: Store, text: str, decision: Decision, *scores: float, outside: float | None = None) -> int:
    """A customer's message that is answered at once, so that the ids of customers' messages are every second one."""
    ranked = tuple(Score(name, score) for name, score in zip(("refund", "delivery"), scores, strict=False))
    with store.unit() as uow:
        talk = uow.conversations.create()
        message = uow.conversations.add_user_message(
            talk, text, decision=decision, prediction=Prediction(text, ranked, b"", outside_score=outside),
            encoder="encoder-1", thresholds=Thresholds(0.7, 0.1, 2.0), intent="refund", version="v2",
        )  # fmt: skip
        uow.conversations.add_bot_message(talk, "yes", reply_to=message)
    return message


def test_each_day_has_its_entropy_and_its_rates(two: Store, clock: FakeClock) -> None:
    write(two, "a", Decision.ANSWER, 1.0, outside=1.0)
    write(two, "b", Decision.CLARIFY, 0.5, 0.5, outside=3.0)
    clock.forward(days=2)
    write(two, "c", Decision.ANSWER, 0.5, 0.5)
    write(two, "d", Decision.CHOSEN, 1.0)
    first, second = Health(two).view().days
    assert (second.day - first.day).days == 2
    assert (first.messages, first.confidence, first.unanswered, first.outside) == (2, 0.75, 0.5, 0.5)
    assert first.entropy == pytest.approx(0.6931 / 2, abs=1e-4)
    assert (second.messages, second.unanswered, second.outside) == (2, 0.0, None)


def test_conversations_count_once_on_the_day_they_began_by_what_came_of_them(two: Store, clock: FakeClock) -> None:
    def say(talk: str, *signals: Signal) -> None:
        with two.unit() as uow:
            message = uow.conversations.add_user_message(talk, "hello", decision=Decision.SILENT)
            for each in signals:
                uow.conversations.add_signal(message, each)

    def pass_on(talk: str) -> None:
        with two.unit() as uow:
            uow.conversations.add_bot_message(talk, "A colleague comes.", decision=Decision.HAND_OVER)

    def begin() -> str:
        with two.unit() as uow:
            return uow.conversations.create()

    quiet, loud, late, _ = begin(), begin(), begin(), begin()  # in the last the customer started over, and left
    say(quiet, Signal.THUMBS_UP)
    say(quiet, Signal.THUMBS_UP)
    say(loud, Signal.THUMBS_DOWN, Signal.NOT_MEANT)
    pass_on(late)  # on request, before anything was written
    clock.forward(days=1)
    for _ in range(2):
        pass_on(loud)
    say(begin())
    view = Health(two).view()
    assert [(one.conversations, one.passed_on, one.complained, one.praised) for one in view.outcomes] == [
        (3, 2, 1, 1),
        (1, 0, 0, 0),
    ]
    assert [row[1:] for row in tables(view)["conversations"].rows] == [(3, 2, 1, 1), (1, 0, 0, 0)]
    clock.forward(days=29)
    say(begin())
    assert [one.conversations for one in Health(two).view().outcomes] == [1, 1]  # thirty days and no more


def test_what_a_clock_logged_that_was_a_year_ahead_hides_no_other_day(two: Store, clock: FakeClock) -> None:
    for ahead in (0, 1, 366, -364):
        clock.forward(days=ahead)
        write(two, "hello", Decision.ANSWER, 1.0)
    view = Health(two).view()
    assert [f"{one.day:%m-%d}" for one in view.days] == ["03-01", "03-02", "03-04"]
    assert [f"{one.day:%m-%d}" for one in view.outcomes] == ["03-01", "03-02", "03-04"]


def test_a_busy_day_is_sampled_evenly(two: Store) -> None:
    for number in range(8):
        write(two, f"message {number}", Decision.ANSWER, *((1.0,) if number < 4 else (0.5, 0.5)))
    with two.unit(read_only=True) as uow:
        (day,) = uow.traffic.days(30)
        seen = uow.traffic.doubts(day.day, 4)
    assert [len(doubt.probabilities) for doubt in seen] == [1, 1, 2, 2]


def test_what_operators_correct_is_counted_and_drift_is_that_of_the_live_version(two: Store) -> None:
    for number in range(3):
        message = write(two, f"text {number}", Decision.ANSWER, 0.9)
        label = "refund" if number == 2 else "delivery"
        with two.unit() as uow:
            uow.examples.add(f"text {number}", label, source="correction", operator="ann", message_id=message)
    with two.unit() as uow:
        uow.drift.add([DriftScore(name, "entropy", 1, 64, 0.5, 0.0, 0.2) for name in ("v1", "v2")])
    view = Health(two).view()
    assert view.confusions == (Confusion("refund", "delivery", 2),)
    assert [(score.version, score.outside) for score in view.drift] == [("v2", True)]


def test_guesses_of_an_intent_that_was_merged_since_are_those_of_its_heir(two: Store) -> None:
    with two.unit() as uow:
        uow.intents.add(Intent("gift", "Gift", "We wrap it."), "seed")
    for number, label in enumerate(("refund", "refund", "gift")):
        message = write(two, f"text {number}", Decision.ANSWER, 0.9)
        with two.unit() as uow:
            uow.examples.add(f"text {number}", label, source="correction", operator="ann", message_id=message)
    IntentCare(two).merge("refund", "delivery", "lea")
    view = Health(two).view()
    assert view.confusions == (Confusion("delivery", "gift", 1),)
    assert [(one.messages, round(one.right, 2)) for one in view.reliability] == [(3, 0.67)]
    figures = {one.intent.name: one for one in intent_figures(two)}
    assert figures["delivery"].confusions == (("gift", 1),)
    assert (figures["refund"].confusions, figures["refund"].retired) == ((), "merged into “Delivery”")


def test_the_tables_are_written_as_csv_in_percent_with_units(two: Store, tmp_path: Path) -> None:
    written = write_tables(Health(two).view(), tmp_path / "new")
    assert sorted(file.name for file in written) == [
        "by_intent.csv", "confusions.csv", "conversations.csv", "days.csv", "drift.csv", "fallen.csv",
        "reliability.csv", "runs.csv", "versions.csv",
    ]  # fmt: skip
    head, first, second = (tmp_path / "new" / "versions.csv").read_text().splitlines()
    assert head.startswith("version,made (UTC),intents,all intents (%)")
    assert first == "v1,2025-03-01 02:00,2,97.5,,,97.5,,,,0.4,,,"
    assert second == "v2,2025-03-02 02:00,3,86.0,82.5,100.0,82.5,84.62,15.0,2.0,0.3,5.0,,"


def test_words_in_a_csv_never_start_a_formula(two: Store) -> None:
    publish(two, "v3", "v2", SECOND | {"reason": "=1+1", "trigger": "-x"}, days=2, live="v2")
    assert ",'-x,'=1+1\n" in tables(Health(two).view())["runs"].as_csv()


def test_a_folder_that_cannot_be_written_is_one_clear_error(two: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made a folder"):
        write_tables(Health(two).view(), tmp_path / "file")


def test_a_full_disk_leaves_the_figures_of_the_night_before_whole(two: Store, tmp_path: Path) -> None:
    view, folder = Health(two).view(), tmp_path / "figures"
    before = {file: file.read_text() for file in write_tables(view, folder)}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(InputError, match=r"cannot be written .*free some space"):
            write_tables(view, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {file: file.read_text() for file in folder.iterdir()} == before
