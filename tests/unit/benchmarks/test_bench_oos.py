"""The out-of-scope benchmark: which rows it takes for what, what it measures, what it writes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from assistant.cli.bench.oos_plots import draw
from assistant.errors import InputError
from assistant.evaluation.doubting import calibration_error
from assistant.services.benchmarks.oos import OosResult, run_oos
from assistant.services.benchmarks.oos_rows import parted, read_parts
from tests.synthetic import WordEncoder, plan

INTENTS = ("bill", "card", "debt", "loan", "rent", "visa", "atm", "tax")
PLAN = plan("ewc_exact", scope="output")


def entries(key: str, count: int) -> list[list[str]]:
    return [[f"{intent} {key} {n}", intent] for intent in INTENTS for n in range(count)]


def clinc(folder: Path, *, outside: bool = True) -> Path:
    path = folder / "data.json"
    document = {"train": entries("train", 10), "val": entries("val", 16), "test": entries("test", 4)}
    if outside:
        oos = {f"oos_{key}": [[f"weather {key} {n}", "oos"] for n in range(20)] for key in ("train", "val", "test")}
        document |= oos
    path.write_text(json.dumps(document))
    return path


def run(data: Path, **changes: object) -> OosResult:
    usual: dict[str, object] = {"plan": PLAN, "encoder": WordEncoder(0.2), "cache": data.parent / "cache", "seeds": [0]}
    return run_oos(data, None, **{**usual, **changes})  # type: ignore[arg-type]


def test_it_writes_the_documented_figures_as_shares(tmp_path: Path) -> None:
    result = run(clinc(tmp_path))
    document = result.as_json()
    assert list(document)[:5] == ["auroc", "fpr95", "in_scope_accuracy", "oos_recall", "ece"]
    assert all(0 <= document[name] <= 1 for name in list(document)[:5])
    assert document["auroc"] > 0.95
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    draw(result, tmp_path)
    assert (tmp_path / "reliability.png").read_bytes().startswith(b"\x89PNG")


def test_nights_are_compared_with_a_version_that_learned_all_at_once(tmp_path: Path) -> None:
    (seed,) = run(clinc(tmp_path), nights=(4, 2)).seeds
    assert [night.intents for night in seed.nights] == [6, 8]
    assert seed.nights[-1].auroc == seed.figures.auroc
    assert seed.below_fresh == max(night.fresh_auroc - night.auroc for night in seed.nights) <= 0.005
    shown = run(clinc(tmp_path), nights=(4, 2)).as_markdown()
    assert "| 8 |" in shown
    assert "below a version that learned all at once" in shown


def test_the_bar_of_a_seed_is_there_before_the_first_of_its_updates_ends(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    run(clinc(tmp_path), on_progress=lambda *what: told.append(what))
    assert [each for each in told if each[0] != "embedding"] == [("learning, seed 0", 0, 1), ("learning, seed 0", 1, 1)]


def test_nights_that_begin_with_too_little_to_tell_say_what_is_lacking(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"seed 0, 1 intent learned: .* it knows a single intent; begin --nights with"):
        run(clinc(tmp_path), nights=(1, 2))


def test_rows_labelled_out_of_scope_take_part_in_the_fit_when_asked_for(tmp_path: Path) -> None:
    data = clinc(tmp_path)
    blurred = WordEncoder(0.8)  # so that the two kinds of message overlap
    fitted = [run(data, encoder=blurred, labelled=labelled).as_json() for labelled in (True, False)]
    assert fitted[0]["auroc"] > fitted[1]["auroc"]
    with pytest.raises(InputError, match="no row of split 'oos_train'"):
        run(clinc(tmp_path, outside=False), labelled=True)


def test_no_row_out_of_scope_is_learned_or_calibrated_on(tmp_path: Path) -> None:
    parts = read_parts(clinc(tmp_path), None, "test")
    assert {row.intent for row in (*parts.train, *parts.calibrating, *parts.judged)} == set(INTENTS)
    assert {text.split()[1] for text in parts.outside} == {"test"}
    assert {row.text.split()[1] for row in parts.calibrating} == {"val"}


def test_while_choosing_half_of_the_holdout_calibrates_and_the_other_half_judges(tmp_path: Path) -> None:
    rows = parted(read_parts(clinc(tmp_path), None, "holdout"), 0, None)
    halves = [{row.text for row in part} for part in (rows.calibrating, rows.judged)]
    assert not halves[0] & halves[1]
    assert halves[0] | halves[1] == {text for text, _ in entries("val", 16)}
    assert {text.split()[1] for text in rows.outside} == {"val"}


def test_without_such_rows_a_quarter_of_the_intents_is_hidden(tmp_path: Path) -> None:
    data = clinc(tmp_path, outside=False)
    assert run(data).hidden == 0.25
    rows = parted(read_parts(data, None, "test"), 3, 0.25)
    hidden = set(np.random.RandomState(3).permutation(sorted(INTENTS))[:2].tolist())
    assert {text.split()[0] for text in rows.outside} == hidden
    assert {row.intent for row in (*rows.train, *rows.calibrating, *rows.judged)} == set(INTENTS) - hidden


def test_a_file_without_a_holdout_calibrates_on_a_fifth_of_its_train_rows(tmp_path: Path) -> None:
    for name, count in (("train", 60), ("test", 5)):
        lines = "".join(f"{text},{intent}\n" for text, intent in entries(name, count))
        (tmp_path / f"{name}.csv").write_text(f"text,category\n{lines}")
    parts = read_parts(tmp_path / "train.csv", tmp_path / "test.csv", "test")
    assert not {row.text for row in parts.train} & {row.text for row in parts.calibrating}
    assert len(parts.train) + len(parts.calibrating) == 60 * len(INTENTS)
    assert len(parts.calibrating) == pytest.approx(12 * len(INTENTS), rel=0.3)


def csv_file(folder: Path, name: str, counts: dict[str, int]) -> Path:
    lines = "".join(f"{intent} {name} {n},{intent}\n" for intent, count in counts.items() for n in range(count))
    (folder / f"{name}.csv").write_text(f"text,intent\n{lines}")
    return folder / f"{name}.csv"


def test_rows_labelled_out_of_scope_are_never_an_intent(tmp_path: Path) -> None:
    """As in the files that `assistant corpus` writes: the test file's are what is to be told apart."""
    train = csv_file(tmp_path, "train", dict.fromkeys(INTENTS, 60) | {"out_of_scope": 30})
    test = csv_file(tmp_path, "test", dict.fromkeys(INTENTS, 5) | {"out_of_scope": 7})
    parts = read_parts(train, test, "test")
    assert {row.intent for row in (*parts.train, *parts.calibrating, *parts.judged)} == set(INTENTS)
    assert (len(parts.outside), len(parts.labelled)) == (7, 30)
    result = run_oos(train, test, plan=PLAN, encoder=WordEncoder(0.2), cache=tmp_path / "cache", seeds=[0])
    assert result.hidden is None


def test_a_test_file_brings_its_own_rows_out_of_scope(tmp_path: Path) -> None:
    whole = json.loads(clinc(tmp_path).read_text())
    (tmp_path / "test.json").write_text(json.dumps({key: whole.pop(key) for key in ("test", "oos_test")}))
    (tmp_path / "train.json").write_text(json.dumps(whole))
    assert len(read_parts(tmp_path / "train.json", tmp_path / "test.json", "test").outside) == 20


@pytest.mark.parametrize(
    ("train", "test", "says"),
    [
        ({"bill": 90, "card": 90, "debt": 90, "loan": 90}, {"debt": 5}, "seed 0: .* 0 are of the 3 intents .* and 5"),
        ({"bill": 90, "card": 90, "debt": 90, "loan": 90}, {"bill": 5}, "5 are of the 3 .* 0 are out of scope .of the"),
        ({"bill": 9, "card": 9, "debt": 9, "loan": 9}, {"bill": 5, "debt": 5}, "rows are left to calibrate on, of at"),
        ({"out_of_scope": 90}, {"bill": 5}, "train.csv: no row with an intent is of split 'train'"),
    ],
)
def test_rows_that_leave_a_part_empty_are_told(
    tmp_path: Path, train: dict[str, int], test: dict[str, int], says: str
) -> None:
    """Before anything is embedded. Seed 0 hides `debt`."""
    encoder = WordEncoder()
    files = csv_file(tmp_path, "train", train), csv_file(tmp_path, "test", test)
    with pytest.raises(InputError, match=says):
        run_oos(*files, plan=PLAN, encoder=encoder, cache=tmp_path / "cache", seeds=[0])
    assert encoder.embedded == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"judged_split": "train"}, "--judged 'train'"),
        *(
            ({"hidden": share}, f"--hidden {share}: give a share between 0 and 1 that hides at least one of the 8")
            for share in (0.01, 0.9, -0.4, 1.0, float("nan"), float("inf"))
        ),
        *(({"seeds": seeds}, "--seeds .*integers from 0 to 4294967295") for seeds in ((2**32,), (-1,), (0, 0), ())),
        ({"nights": (8, 1)}, "base = 8"),
    ],
)
def test_what_cannot_be_run_is_told(tmp_path: Path, changes: dict[str, object], says: str) -> None:
    """Before anything is embedded."""
    encoder = WordEncoder()
    with pytest.raises(InputError, match=says):
        run(clinc(tmp_path), encoder=encoder, **changes)
    assert encoder.embedded == []


def test_the_calibration_error_is_the_gap_between_saying_and_being() -> None:
    confidence = np.repeat([0.95, 0.55], 100).astype(np.float32)
    right = np.concatenate([np.arange(100) < 95, np.arange(100) < 35])
    assert calibration_error(confidence, right) == pytest.approx(0.1, abs=1e-6)
