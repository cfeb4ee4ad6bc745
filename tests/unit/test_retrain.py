"""Promises of the nightly command, on a real database, real folders and a real index; only the encoder is made up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import assistant.services.retrain as module
from assistant.domain import LabelledText, Split
from assistant.errors import CorruptVersionError, InputError, LiveVersionChangedError, StoreError
from assistant.learning import checkpoint
from assistant.learning.plans import UpdatePlan, climbed
from assistant.learning.update import Learner, update
from assistant.model.encoder import TextEncoder
from assistant.services.importing import import_labelled
from assistant.services.locking import NAME
from assistant.services.retrain import ExitCode, Progress, RetrainResult
from assistant.services.run_report import as_markdown
from assistant.services.setup import set_up
from assistant.store import split_of
from assistant.strategies import Spec
from tests.shops import GATES, INTENTS, PLAN, Shop, corpus, dead_owner, holdout, train

LADDER = (PLAN, climbed(PLAN, 10, 1), climbed(PLAN, 10, 2))
FORGETFUL = (replace(PLAN, regularizer=Spec(name="none"), replay=0.0),)
WARRANTY = [*train("warranty", 12), *holdout("warranty", 10)]  # enough to be judged without cross-validation
# An intent whose texts all look like refunds: no update can have both.
CHARGEBACKS = [LabelledText(row.text, "chargeback") for row in train("refund", 20)]


@pytest.fixture(scope="module")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder right after the first start."""
    shop = Shop(tmp_path_factory.mktemp("first") / "var")
    set_up(shop.store, corpus(*INTENTS), shop.encoder, PLAN, shop.folder)
    shop.files()  # everything into the one file that is copied
    shop.engine.dispose()
    return shop.data


@pytest.fixture
def shop(first_day: Path, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(Path(shutil.copytree(first_day, tmp_path / "var")))
    yield shop
    shop.engine.dispose()


def run(shop: Shop, *, dry_run: bool = False, hold: bool = False, progress: Progress | None = None) -> RetrainResult:
    return shop.retrain().run(actor="night", dry_run=dry_run, hold=hold, progress=progress)


def state(shop: Shop) -> tuple[object, ...]:
    """All that a run which does not publish must leave alone: live version, versions, marks, history, corrections."""
    tables = shop.tables()
    return tuple(tables[name] for name in ("live", "versions", "learned", "publications", "examples", "locks"))


def folders(shop: Shop) -> set[str]:
    return {path.name for path in shop.folder.iterdir()}


def spied(monkeypatch: pytest.MonkeyPatch) -> list[list[LabelledText]]:
    """What each update of a run is asked to learn."""
    seen: list[list[LabelledText]] = []

    def spying(previous: Learner, new: Sequence[LabelledText], plan: UpdatePlan, **options: Any) -> Learner:
        seen.append(list(new))
        return update(previous, new, plan, **options)

    monkeypatch.setattr(module, "update", spying)
    return seen


# --- published ---


def test_corrections_are_learned_published_and_marked(shop: Shop) -> None:
    base = shop.live().id
    ids = shop.label(*WARRANTY)
    result = run(shop)
    assert (result.exit_code, result.verdict) == (ExitCode.PUBLISHED, "published")
    assert int(result.exit_code) == 0
    assert shop.live().id == result.version
    assert shop.live().parent == base
    assert {example for example, version in shop.marks() if version == result.version} == set(ids)
    assert shop.pending() == []
    assert shop.says("warranty 7777", "refund 7777", "delivery 7777") == ["warranty", "refund", "delivery"]
    assert [path for path in folders(shop) if path.startswith(".")] == []
    (past, _) = shop.versions().history()
    assert (past.actor, past.kind, past.from_version, past.to_version) == ("night", "publish", base, result.version)
    assert "22 corrections" not in past.reason
    assert "12 corrections" in past.reason


def test_the_report_is_written_for_machines_and_for_people(shop: Shop) -> None:
    shop.label(*WARRANTY)
    result = run(shop)
    (written,) = shop.reports.glob("*.json")
    report = json.loads(written.read_text())
    assert report == result.report
    assert (report["exit_code"], report["verdict"], report["version"]) == (0, "published", result.version)
    assert (report["new_intents"], report["trained_rows"], report["holdout_rows"]) == (["warranty"], 12, 46)
    assert 0.9 <= report["old_accuracy_before"] <= 1.0
    assert 0.9 <= report["old_accuracy"] <= 1.0
    assert 0.9 <= report["new_accuracy"] <= 1.0
    assert report["forgetting"] == pytest.approx(report["old_accuracy_before"] - report["old_accuracy"])
    assert 0.0 <= report["negative_flips"] <= 0.02
    assert 0.0 < report["parameter_norm_change"] < 1.0
    assert report["seconds"] > 0
    assert set(report["intents"]) == {*INTENTS, "warranty"}
    assert report["intents"]["warranty"] == {"before": None, "after": report["new_accuracy"], "rows": 10}
    assert all(report["intents"][old]["before"] is not None and report["intents"][old]["rows"] == 12 for old in INTENTS)
    assert {row["gate"] for row in report["verdicts"]} == {gate.name for gate in GATES}
    assert all(row["outcome"] == "passed" and row["reason"] for row in report["verdicts"])
    assert report["reason"] == "every gate passed"
    people = written.with_suffix(".md").read_text()
    told = ("Old intents before", "Old intents after", "New intents", "Forgetting", "Negative flips", "Seconds")
    assert all(f"| {fact} |" in people for fact in (*told, "Parameter-norm change"))
    assert "| new_intents | passed | warranty: 100.0% on its holdout" in people
    assert "| warranty | new | 100.00% | 10 |" in people
    stored = {key: value for key, value in shop.live().report.items() if key != "reason"}
    assert stored == {key: value for key, value in report.items() if key != "reason"}


def test_the_parameter_norm_change_is_what_moved_of_what_was_there(shop: Shop) -> None:
    before = shop.learner()
    shop.label(*WARRANTY)
    result = run(shop)
    old, new = (dict(each.model.head.named_parameters()) for each in (before, shop.learner()))
    moved = sum(float((new[name][: len(value)] - value).square().sum()) for name, value in old.items())
    size = sum(float(value.square().sum()) for value in old.values())
    assert result.report["parameter_norm_change"] == pytest.approx((moved / size) ** 0.5)
    assert module.norm_change(before, before) == 0.0


def test_a_second_run_has_nothing_to_do(shop: Shop) -> None:
    shop.label(*WARRANTY)
    assert run(shop).exit_code is ExitCode.PUBLISHED
    before = shop.tables()
    result = run(shop)
    assert (result.exit_code, result.version, result.report) == (ExitCode.NOTHING_TO_DO, None, {})
    assert shop.tables() == before


def test_a_report_that_cannot_be_written_does_not_hide_that_a_version_is_live(shop: Shop) -> None:
    shop.reports.write_text("a file where the folder should be")
    shop.label(*WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert shop.live().id == result.version
    assert "the report could not be written" in result.reason


# --- nothing to do ---


def test_without_corrections_there_is_nothing_to_do(shop: Shop) -> None:
    before, files = state(shop), folders(shop)
    result = run(shop)
    assert (result.exit_code, int(result.exit_code)) == (ExitCode.NOTHING_TO_DO, 10)
    assert result.reason == "no correction is waiting to be learned"
    assert (state(shop), folders(shop)) == (before, files)
    assert not shop.reports.exists()


def test_before_the_first_start_it_says_how_to_start(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="assistant serve"):
        run(Shop(tmp_path / "var"))


def test_a_new_intent_whose_only_rows_fell_to_the_holdout_is_named_and_waits(shop: Shop) -> None:
    shop.label(*holdout("warranty", 2))
    before = state(shop)
    result = run(shop)
    assert result.exit_code is ExitCode.NOTHING_TO_DO
    assert "all 2 fell to the holdout" in result.reason
    assert "warranty cannot be learned yet: every row fell to the holdout, so label more texts" in result.reason
    assert state(shop) == before


def test_such_an_intent_is_neither_judged_nor_marked_when_others_are_learned(shop: Shop) -> None:
    (waiting,) = shop.label(*holdout("warranty", 1))
    shop.label(*train("gift", 12))
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert "warranty cannot be learned yet" in result.reason
    assert result.report["new_intents"] == ["gift"]
    assert shop.pending() == [holdout("warranty", 1)[0].text]
    assert waiting not in result.report["learned_examples"]
    shop.label(*WARRANTY)
    assert "warranty cannot" not in run(shop).reason
    assert shop.pending() == []
    assert shop.says("warranty 7777") == ["warranty"]


def test_rows_of_old_intents_in_the_holdout_alone_are_told_and_judge_the_next_run(shop: Shop) -> None:
    shop.label(*holdout("refund", 3))
    result = run(shop)
    assert result.exit_code is ExitCode.NOTHING_TO_DO
    assert result.reason.endswith("of the new rows all 3 fell to the holdout")
    shop.label(*train("refund", 1))
    assert run(shop).report["intents"]["refund"]["rows"] == 15
    assert shop.pending() == []


# --- refused ---


def test_a_refusal_leaves_everything_as_it_was(shop: Shop) -> None:
    shop.plans = LADDER
    shop.label(*CHARGEBACKS)
    before, files, pending = state(shop), folders(shop), shop.pending()
    result = run(shop)
    assert (result.exit_code, int(result.exit_code)) == (ExitCode.REFUSED, 20)
    assert (result.verdict, result.version) == ("refused", None)
    assert "refused by" in result.reason
    assert "new_intents: chargeback:" in result.reason
    assert (state(shop), folders(shop), shop.pending()) == (before, files, pending)
    assert shop.says("refund 7777") == ["refund"]


def test_every_rung_of_the_ladder_is_tried_before_a_refusal(shop: Shop) -> None:
    shop.plans = LADDER
    shop.label(*CHARGEBACKS)
    report = run(shop).report
    assert [attempt["plan"] for attempt in report["attempts"]] == [module.described(plan) for plan in LADDER]
    assert len({module.described(plan) for plan in LADDER}) == 3
    assert all(attempt["outcome"].startswith("refused by") for attempt in report["attempts"])
    (people,) = shop.reports.glob("*.md")
    assert "## Plans tried" in people.read_text()
    assert json.loads(people.with_suffix(".json").read_text())["verdict"] == "refused"
    assert report["learned_examples"] == []


def test_a_rung_that_passes_ends_the_climb(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.plans = (*FORGETFUL, PLAN, LADDER[1])
    seen = spied(monkeypatch)
    shop.label(*WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert [attempt["outcome"] == "passed" for attempt in result.report["attempts"]] == [False, True]
    assert result.report["plan"] == module.described(PLAN)
    assert len(seen) == 2


def test_without_regulariser_and_replay_it_forgets_and_is_refused(shop: Shop) -> None:
    shop.plans = FORGETFUL
    shop.label(*WARRANTY)
    result = run(shop)
    assert result.exit_code is ExitCode.REFUSED
    assert result.report["forgetting"] > 0.1
    assert "old_accuracy" in result.reason


# --- locked ---


def test_while_another_run_is_at_work_it_does_nothing_and_says_who_it_is(shop: Shop) -> None:
    shop.label(*WARRANTY)
    with shop.store.unit() as uow:
        assert uow.locks.acquire(NAME, "elsewhere:1:0:abc", 3600)
    before = shop.tables()
    for dry_run in (False, True):
        result = run(shop, dry_run=dry_run)
        assert (result.exit_code, int(result.exit_code), result.verdict) == (ExitCode.LOCKED, 30, "locked")
        assert "elsewhere:1:0:abc" in result.reason
    assert shop.tables() == before


def test_a_run_within_a_run_is_locked_out_and_the_lock_is_free_afterwards(shop: Shop) -> None:
    shop.label(*WARRANTY)
    inner: list[RetrainResult] = []

    def progress(what: str, done: int, total: int) -> None:
        if what == "learning" and done == 1:
            inner.append(run(shop))

    assert run(shop, progress=progress).exit_code is ExitCode.PUBLISHED
    assert [result.exit_code for result in inner] == [ExitCode.LOCKED]
    assert shop.tables()["locks"] == []


def test_the_lock_of_a_killed_run_is_taken_over_at_once(shop: Shop) -> None:
    shop.label(*WARRANTY)
    with shop.store.unit() as uow:
        assert uow.locks.acquire(NAME, dead_owner(), 3600)
    assert run(shop).exit_code is ExitCode.PUBLISHED
    assert shop.tables()["locks"] == []


def test_a_run_that_loses_its_lock_stops_and_publishes_nothing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.lock_seconds = 1e-3  # every report of progress renews it
    shop.label(*WARRANTY)

    def progress(what: str, done: int, total: int) -> None:
        with shop.store.unit() as uow:
            uow.locks.acquire(NAME, "elsewhere:1:0:abc", 3600)

    before = shop.live().id
    result = run(shop, progress=progress)
    assert (result.exit_code, shop.live().id) == (ExitCode.LOCKED, before)
    assert "lost" in result.reason


# --- dry run and hold ---


@pytest.mark.parametrize("rows", [WARRANTY, CHARGEBACKS, []], ids=["passing", "refused", "nothing"])
def test_a_dry_run_writes_nothing_at_all(shop: Shop, rows: list[LabelledText]) -> None:
    shop.label(*rows)
    files, tables = shop.files(), shop.tables()
    result = run(shop, dry_run=True)
    expected = {22: ExitCode.PUBLISHED, 20: ExitCode.REFUSED, 0: ExitCode.NOTHING_TO_DO}[len(rows)]
    assert (result.exit_code, result.version) == (expected, None)
    assert (shop.files(), shop.tables()) == (files, tables)
    assert result.verdict.endswith("(dry run)") or not rows


def test_a_dry_run_comes_to_the_verdict_of_the_real_one(shop: Shop) -> None:
    shop.label(*WARRANTY)
    dry, real = run(shop, dry_run=True).report, run(shop).report
    told = {"title", "started", "seconds", "dry_run", "verdict", "version"}
    assert {key: dry[key] for key in dry.keys() - told} == {key: real[key] for key in real.keys() - told}


def test_a_held_version_waits_and_publishing_it_marks_what_it_learned(shop: Shop) -> None:
    live = shop.live().id
    ids = shop.label(*WARRANTY)
    pending = shop.pending()
    result = run(shop, hold=True)
    assert (result.exit_code, result.verdict) == (ExitCode.PUBLISHED, "held")
    assert result.version is not None
    assert (shop.live().id, shop.pending()) == (live, pending)
    assert (shop.folder / result.version).is_dir()
    assert {version for _, version in shop.marks()} == {live}
    shop.versions().publish(result.version, "lea", "looks good")
    assert shop.live().id == result.version
    assert shop.pending() == []
    assert {example for example, version in shop.marks() if version == result.version} == set(ids)
    assert run(shop).exit_code is ExitCode.NOTHING_TO_DO


def test_corrections_made_while_a_version_was_held_stay_pending_when_it_goes_live(shop: Shop) -> None:
    shop.label(*WARRANTY)
    held = run(shop, hold=True).version
    assert held
    late = train("warranty", 13)[-1]
    shop.label(late)
    shop.versions().publish(held, "lea", "looks good")
    assert shop.pending() == [late.text]


def test_a_held_version_does_not_go_live_once_one_of_its_labels_was_taken_back(shop: Shop) -> None:
    ids = shop.label(*WARRANTY)
    held = run(shop, hold=True).version
    assert held
    with shop.store.unit() as uow:
        uow.examples.undo(ids[0])
    before = state(shop)
    with pytest.raises(InputError, match="taken back"):
        shop.versions().publish(held, "lea", "looks good")
    assert state(shop) == before


# --- what is learned, and what only judges ---


def test_rows_of_the_holdout_are_never_trained_on_nor_remembered(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = spied(monkeypatch)
    shop.plans = LADDER
    rows = [LabelledText(f"warranty {n}", "warranty") for n in range(60)]
    shop.label(*rows)
    held = {row.text for row in rows if split_of(row.text) is Split.HOLDOUT}
    assert 6 <= len(held) <= 20  # about one in five
    assert run(shop).exit_code is ExitCode.PUBLISHED
    assert {example.text for example in shop.examples(Split.HOLDOUT)} >= held
    assert sorted(row.text for row in seen[0]) == sorted({row.text for row in rows} - held)
    every_held = {example.text for example in shop.examples(Split.HOLDOUT)}
    assert not every_held & set(shop.learner().memory.texts)
    assert not every_held & {row.text for new in seen for row in new}


def test_a_relabelled_text_replaces_the_exemplar_also_in_another_spelling(shop: Shop) -> None:
    old = next(text for text in shop.learner().memory.texts if text.startswith("refund"))
    shop.label(LabelledText(old.upper(), "delivery"), *train("delivery", 5))
    assert run(shop).exit_code is ExitCode.PUBLISHED
    memory = dict(zip(shop.learner().memory.texts, shop.learner().memory.intents, strict=True))
    assert old not in memory
    assert memory[old.upper()] == "delivery"


def test_corrections_made_during_the_training_stay_pending(shop: Shop) -> None:
    first, late = WARRANTY, train("warranty", 3, start=5000)
    shop.label(*first)
    moved = LabelledText(first[0].text, "refund")  # one that is being learned gets another label

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("learning", 5):
            shop.label(*late, moved)

    result = run(shop, progress=progress)
    assert result.exit_code is ExitCode.PUBLISHED
    assert result.report["trained_rows"] == 12
    assert shop.pending() == [*(row.text for row in late), moved.text]
    again = run(shop)
    assert (again.exit_code, again.report["trained_rows"]) == (ExitCode.PUBLISHED, 4)
    assert shop.pending() == []


def test_a_label_taken_back_during_the_training_is_not_published(shop: Shop) -> None:
    ids = shop.label(*WARRANTY)

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("learning", 5):
            with shop.store.unit() as uow:
                uow.examples.undo(ids[0])

    live, marks = shop.live().id, shop.marks()
    with pytest.raises(StoreError, match="a label was taken back"):
        run(shop, progress=progress)
    assert (shop.live().id, shop.marks(), len(shop.versions().all())) == (live, marks, 1)
    assert len(shop.pending()) == 21
    assert run(shop).exit_code is ExitCode.PUBLISHED


def test_when_another_version_goes_live_meanwhile_nothing_is_changed(shop: Shop) -> None:
    shop.label(*WARRANTY)
    first = shop.live()

    def progress(what: str, done: int, total: int) -> None:
        if (what, done) == ("judging", 1):
            with shop.store.unit() as uow:
                uow.versions.add(replace(first, id="other", parent=first.id))
                uow.versions.publish(
                    "other", expected_live=first.id, learned=(), actor="lea", kind="publish", reason="by hand"
                )

    pending, marks = shop.pending(), shop.marks()
    with pytest.raises(LiveVersionChangedError, match="version other is live, expected"):
        run(shop, progress=progress)
    assert shop.live().id == "other"
    assert {version.id for version in shop.versions().all()} == {first.id, "other"}
    assert (shop.pending(), shop.marks()) == (pending, marks)
    assert shop.tables()["locks"] == []


def test_after_a_rollback_the_corrections_are_pending_again_and_learned_again(shop: Shop) -> None:
    base = shop.live().id
    shop.label(*train("warranty", 12), *holdout("warranty", 2))
    pending = shop.pending()
    first = run(shop).version
    shop.versions().roll_back("lea", "customers complain")
    assert (shop.live().id, shop.pending()) == (base, pending)
    assert shop.says("warranty 7777") != ["warranty"]
    again = run(shop)
    assert again.exit_code is ExitCode.PUBLISHED
    assert (shop.live().parent, shop.pending()) == (base, [])
    assert again.version != first
    assert shop.says("warranty 7777") == ["warranty"]


def test_a_folder_that_answers_otherwise_than_the_model_is_not_published(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.label(*WARRANTY)
    before = state(shop)
    live, load = shop.live().id, checkpoint.load

    def altering(folder: Path, encoder: TextEncoder, digest: str) -> Learner:
        learner = load(folder, encoder, digest)
        if folder.name != live:
            learner.model.head.out_proj.bias.data[0] += 1
        return learner

    monkeypatch.setattr(checkpoint, "load", altering)
    with pytest.raises(CorruptVersionError, match="answers differently"):
        run(shop)
    assert state(shop) == before


# --- few rows ---


def outcomes(result: RetrainResult) -> dict[str, tuple[str, str]]:
    """What the gate on new intents said, by intent."""
    rows = [row for row in result.report["verdicts"] if row["gate"] == "new_intents"]
    return {row["reason"].split(":")[0]: (row["outcome"], row["reason"]) for row in rows}


def test_a_new_intent_with_few_holdout_rows_is_judged_by_cross_validation_over_all_its_rows(shop: Shop) -> None:
    shop.label(*train("warranty", 6), *holdout("warranty", 2))
    outcome, reason = outcomes(run(shop))["warranty"]
    assert outcome == "passed"
    assert "in cross-validation (8 rows" in reason


def test_an_intent_that_cannot_be_learned_is_refused_in_cross_validation(shop: Shop) -> None:
    """No two of its texts have anything in common."""
    nonsense = [LabelledText(f"{chr(97 + n) * 5} {m}", "puzzle") for n in range(8) for m in range(9)]
    shop.label(*[row for row in nonsense if split_of(row.text) is Split.TRAIN][::6][:8])
    result = run(shop)
    assert outcomes(result)["puzzle"][0] == "refused"
    assert "in cross-validation" in result.reason
    assert result.exit_code is ExitCode.REFUSED


def test_an_intent_with_very_few_rows_is_published_and_listed_as_unproven(shop: Shop) -> None:
    shop.label(*train("warranty", 3), *train("gift", 12), *holdout("gift", 10))
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert outcomes(result)["warranty"][0] == "unproven"
    assert "5 are needed to judge it: add examples" in outcomes(result)["warranty"][1]
    assert outcomes(result)["gift"][0] == "passed"
    assert result.reason == "every gate passed; 1 unproven"


def test_a_single_correction_of_a_new_intent_is_learned(shop: Shop) -> None:
    (row,) = train("warranty", 1)
    shop.label(row)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert outcomes(result)["warranty"][0] == "unproven"
    assert shop.says(row.text, "refund 7777") == ["warranty", "refund"]
    assert row.text in shop.learner().memory.texts


def test_how_many_rows_call_for_cross_validation_is_what_the_gate_asks_for(shop: Shop) -> None:
    shop.gates = (Spec(name="new_intents", min_rows=20),)
    shop.label(*WARRANTY)
    assert "in cross-validation (22 rows" in outcomes(run(shop))["warranty"][1]


def test_a_version_that_cannot_be_read_stops_the_run_before_anything_is_written(shop: Shop) -> None:
    shop.label(*WARRANTY)
    (shop.folder / shop.live().id / "head.safetensors").write_bytes(b"")
    before = state(shop)
    with pytest.raises(CorruptVersionError, match="assistant rollback"):
        run(shop)
    assert state(shop) == before


# --- quarantine ---

CAREFUL = (replace(PLAN, quarantine=0.5),)
DOUBTED = LabelledText(train("refund", 60)[40].text, "delivery")


def imported(shop: Shop) -> None:
    """A night's import in which one row has the wrong label."""
    shop.plans = CAREFUL
    import_labelled(shop.store, [*train("delivery", 60)[40:], DOUBTED], "ada", split=Split.TRAIN)


def doubted(shop: Shop) -> Any:
    with shop.store.unit(read_only=True) as uow:
        return uow.examples.active_for(DOUBTED.text)


def test_an_imported_row_that_its_neighbours_contradict_waits_and_is_reported(shop: Shop) -> None:
    imported(shop)
    result = run(shop)
    assert result.exit_code is ExitCode.PUBLISHED
    assert result.report["quarantined"] == [doubted(shop).id]
    assert doubted(shop).id not in result.report["learned_examples"]
    assert repr(DOUBTED.text[:40]) in result.reason
    assert f"| In quarantine | example {doubted(shop).id} |" in as_markdown(result.report)
    assert DOUBTED.text not in shop.learner().memory.texts
    again = run(shop)  # nothing is left but what waits, and waiting is no reason to publish
    assert again.exit_code is ExitCode.NOTHING_TO_DO
    assert "1 imported rows wait in quarantine" in again.reason


@pytest.mark.parametrize("label", [DOUBTED.intent, "refund"], ids=["confirmed", "corrected"])
def test_a_row_in_quarantine_is_learned_once_somebody_labels_it_again(shop: Shop, label: str) -> None:
    imported(shop)
    run(shop)
    import_labelled(shop.store, [LabelledText(DOUBTED.text, label)], "ada")
    result = run(shop)
    assert result.report["quarantined"] == []
    assert doubted(shop).id in result.report["learned_examples"]


def test_what_an_operator_says_at_the_desk_is_never_held(shop: Shop) -> None:
    shop.plans = CAREFUL
    shop.label(*train("delivery", 60)[40:], DOUBTED)
    assert run(shop).report["quarantined"] == []
