"""The benchmarks of corrections, labelling and label errors, on a language that is plain to see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import InputError
from assistant.services.benchmarks import instant as bench_instant
from assistant.services.benchmarks import label_errors as bench_label_errors
from assistant.services.benchmarks import labeling as bench_labeling
from assistant.services.benchmarks.drift import read_domains, run_drift
from assistant.services.benchmarks.drift_scene import set_scene
from assistant.strategies import Spec
from tests.shops import PLAN
from tests.synthetic import WordEncoder

INTENTS = ("refund", "delivery", "invoice", "parcel", "voucher", "gift")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Data in which the words tell the intents, though not clearly."""
    folder = tmp_path_factory.mktemp("bench")
    rows = [
        f"{name} {number},{name},{'holdout' if number % 3 == 0 else 'train'}\n"
        for name in INTENTS
        for number in range(36)
    ]
    (folder / "data.csv").write_text(f"text,intent,split\n{''.join(rows)}")
    return {"data": folder / "data.csv", "encoder": WordEncoder(noise=1.4), "cache": folder / "features"}


def test_corrections_change_no_message_outside_their_radius(parts: dict[str, Any]) -> None:
    figures = bench_instant.run_instant(**parts, plan=PLAN, taught=4, judged="holdout")
    assert figures["corrections"] > 0
    assert figures["messages"] == 36
    assert figures["changed_outside"] == 0
    assert "| changed outside | 0 |" in bench_instant.as_markdown(figures)


def test_without_a_radius_messages_equal_to_a_correction_lie_inside(parts: dict[str, Any], tmp_path: Path) -> None:
    """A version that keeps no text has none."""
    known = parts["data"].read_text()
    again = [line.replace(" ", "  ") for line in known.splitlines() if line.endswith("holdout")]
    (tmp_path / "data.csv").write_text("\n".join([known.strip(), *again]))
    plan = replace(PLAN, selector=Spec(name="generative"))
    usual = {**parts, "data": tmp_path / "data.csv"}
    figures = bench_instant.run_instant(**usual, plan=plan, taught=4, judged="holdout")
    assert figures["radius"] is None
    assert figures["inside"] == figures["answered_by_a_correction"] > 0
    assert figures["changed_outside"] == 0


def test_every_order_of_labelling_gets_a_curve_from_the_same_beginning(parts: dict[str, Any]) -> None:
    told: list[tuple[str, int, int]] = []
    figures = bench_labeling.run_labeling(
        **parts, plan=PLAN, start=2, budgets=[6, 12], judged="holdout", seeds=(0, 1),
        on_progress=lambda *what: told.append(what),
    )  # fmt: skip
    assert [done for what, done, steps in told if (what, steps) == ("learning", 16)] == list(range(17))
    assert list(figures["accuracy"]) == ["random", "margin", "badge", "value"]
    assert figures["labels"] == [0, 6, 12]
    assert len({curve[0] for curve in figures["accuracy"].values()}) == 1
    assert all(len(curve) == 3 for curve in figures["accuracy"].values())
    first, second = (one["accuracy"]["random"][1] for one in figures["seeds"])
    assert figures["accuracy"]["random"][1] == pytest.approx((first + second) / 2)
    assert "| order | 0 labels | 6 labels | 12 labels |" in bench_labeling.as_markdown(figures)


def test_rows_to_measure_on_of_an_intent_that_nobody_can_label_are_left_out_of_the_curves_and_told(
    tmp_path: Path, parts: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    known = parts["data"].read_text()
    (tmp_path / "data.csv").write_text(known + "".join(f"visa {n},visa,holdout\n" for n in range(9)))
    small: dict[str, Any] = {"plan": PLAN, "start": 2, "budgets": [6], "judged": "holdout"}
    whole = bench_labeling.run_labeling(**parts, **small)
    assert bench_labeling.run_labeling(**{**parts, "data": tmp_path / "data.csv"}, **small)["seeds"] == whole["seeds"]
    assert "9 of 81 rows to measure on are of intents without train rows: 'visa'; they are left out" in caplog.text


@pytest.mark.parametrize(
    ("ours", "share"),
    [((40, 50, 50), 0.5), ((50, 50, 50), 1.0), ((40, 45, 55), 0.25), ((60, 50, 40), 1.0), ((40, 45, 49), None)],
)
def test_labels_are_saved_from_the_first_time_that_the_accuracy_is_reached(
    ours: tuple[int, ...], share: float | None
) -> None:
    assert bench_labeling.saved([0, 5, 10], ours, [40, 45, 50]) == share


@pytest.mark.parametrize("budgets", [[], [0], [200, 100], [5, 5], [10**6]])
def test_numbers_of_labels_that_cannot_be_are_refused(parts: dict[str, Any], budgets: list[int]) -> None:
    with pytest.raises(InputError, match="labels = "):
        bench_labeling.run_labeling(**parts, plan=PLAN, start=2, budgets=budgets, judged="holdout")


@pytest.mark.parametrize("seeds", [[], [1, 1], [-1]])
def test_seeds_that_cannot_be_are_refused(parts: dict[str, Any], seeds: list[int]) -> None:
    with pytest.raises(InputError, match="--seeds "):
        bench_labeling.run_labeling(**parts, plan=PLAN, start=2, budgets=[6], judged="holdout", seeds=seeds)


def test_flipped_labels_are_counted(parts: dict[str, Any]) -> None:
    clear = {**parts, "encoder": WordEncoder(noise=0.3)}
    figures = bench_label_errors.run_label_errors(**clear, share=0.1, seed=0)
    assert (figures["rows"], figures["flipped"]) == (144, 14)
    assert figures["recall"] >= 0.7
    assert figures["precision"] >= 0.8
    assert "14 of 144 labels flipped" in bench_label_errors.as_markdown(figures)


def test_of_wrong_labels_that_were_not_found_nothing_is_claimed(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    data.write_text(
        "text,intent\n" + "".join(f"{word} 1,{word}\n" for word in ("card", "bill", "loan", "cash", "rent"))
    )
    figures = bench_label_errors.run_label_errors(data, encoder=WordEncoder(), cache=tmp_path, share=0.2, seed=0)
    assert (figures["flipped"], figures["recall"], figures["rightly_suggested"]) == (1, 0.0, None)
    assert bench_label_errors.as_markdown(figures).endswith("precision at 70 % recall not reached, none was found")


def test_data_from_which_nothing_can_be_corrected_or_flipped_is_told_what_it_lacks(
    tmp_path: Path, parts: dict[str, Any]
) -> None:
    data = tmp_path / "data.csv"
    data.write_text("text,intent,split\nrefund 1,refund,train\nrefund 2,refund,train\nrefund 3,refund,test\n")
    usual: dict[str, Any] = {"encoder": WordEncoder(), "cache": tmp_path / "cache"}
    with pytest.raises(InputError, match=r"data\.csv: 1 intent in its train rows; .* give train rows of more intents"):
        bench_label_errors.run_label_errors(data, **usual, share=0.5, seed=0)
    with pytest.raises(InputError, match="a single row is of split 'test'; half of them are corrected"):
        bench_instant.run_instant(data, **usual, plan=PLAN, taught=2, judged="test")
    data.write_text(data.read_text() + "refund 4,refund,test\n")
    with pytest.raises(InputError, match=r"none of 1 message wrong, .*; let it learn fewer than --taught 2 rows"):
        bench_instant.run_instant(data, **usual, plan=PLAN, taught=2, judged="test")


def test_more_labels_than_there_are_rows_are_told_with_what_leaves_more(parts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"labels = 9: of 144 train rows only 0 are left .* a smaller --start, or"):
        bench_labeling.run_labeling(**parts, plan=PLAN, start=90, budgets=[9], judged="holdout")


def test_a_share_that_flips_no_label_is_told(parts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"--share 0\.001: of 144 train rows that flips none; give a larger share"):
        bench_label_errors.run_label_errors(**parts, share=0.001, seed=0)


def test_a_seed_that_cannot_draw_is_told(parts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="--seed 99999999999999999999: give an integer from 0 to 4294967295"):
        bench_label_errors.run_label_errors(**parts, share=0.1, seed=99999999999999999999)


def test_a_file_without_rows_to_measure_on_is_told_how_to_mark_them(tmp_path: Path) -> None:
    """As the train file of data that has its test rows in another."""
    data = shares(tmp_path, refund=9, delivery=9)
    usual: dict[str, Any] = {"encoder": WordEncoder(), "cache": tmp_path / "cache", "plan": PLAN, "judged": "test"}
    says = r"18 train rows and 0 of split 'test'; .* column `split` that says train or test"
    with pytest.raises(InputError, match=says):
        bench_labeling.run_labeling(data, start=2, budgets=[6], **usual)
    with pytest.raises(InputError, match=says):
        bench_instant.run_instant(data, taught=2, **usual)


def test_too_little_traffic_for_the_monitors_is_told(parts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"rows are left as traffic; .* give more rows: a version learns 50 of each"):
        run_drift(parts["data"], None, encoder=parts["encoder"], cache=parts["cache"], plan=PLAN)


def shares(folder: Path, **counts: int) -> Path:
    rows = "".join(f"{name} {number},{name}\n" for name, count in counts.items() for number in range(count))
    (folder / "shares.csv").write_text(f"text,intent\n{rows}")
    return folder / "shares.csv"


@pytest.mark.parametrize(
    ("counts", "domains", "says"),
    [
        ({"refund": 3000}, None, "0 rows are left as traffic; the benchmark takes 1800"),
        ({"refund": 1900, "spam": 1900}, None, "1850 rows of every second intent are left as traffic, and 0 of"),
        ({"a": 9, "bill": 100, "card": 2500, "debt": 90}, None, "90 rows of every second intent .* takes 664 and 1"),
        ({"a": 9, "bill": 999, "card": 999}, {"x": ["loan"]}, "0 rows of every second domain .* in the file of dom"),
    ],
)
def test_traffic_that_has_no_two_halves_is_told_before_anything_is_embedded(
    tmp_path: Path, counts: dict[str, int], domains: dict[str, list[str]] | None, says: str
) -> None:
    encoder = WordEncoder()
    with pytest.raises(InputError, match=says):
        run_drift(shares(tmp_path, **counts), domains, encoder=encoder, cache=tmp_path / "cache", plan=PLAN)
    assert encoder.embedded == []


def test_a_season_is_of_intents_that_have_traffic(tmp_path: Path) -> None:
    """Of the first intents by name every row is learned."""
    rare, common = ({f"{letter}{n}": count for n in range(15)} for letter, count in (("a", 20), ("b", 240)))
    data = shares(tmp_path, **rare, **common)
    small: dict[str, Any] = {"windows": 10, "repeats": 1}
    figures = run_drift(data, None, encoder=WordEncoder(), cache=tmp_path / "cache", plan=PLAN, **small)
    assert len(figures["delays"]["season"]["any"]) == 1


def test_a_season_among_few_intents_leaves_some_as_they_were(tmp_path: Path) -> None:
    """Of seven, such as SNIPS has, three are the quiet traffic."""
    data = shares(tmp_path, **dict.fromkeys("abcdefg", 420))
    scene = set_scene(data, None, WordEncoder(), tmp_path / "cache", PLAN, 0, lambda what, done, total: None)
    assert 0 < len(scene.season) < len(scene.home)


def test_more_repeats_than_quiet_windows_are_told(tmp_path: Path, parts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="--windows 10: give at least one for each of --repeats 20"):
        run_drift(**parts, domains=None, plan=PLAN, windows=10, repeats=20)


def test_a_file_that_holds_no_domains_is_told(parts: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="no JSON object of domains"):
        read_domains(parts["data"])


def test_a_file_of_the_domain_of_each_intent_is_told(tmp_path: Path) -> None:
    (tmp_path / "domains.json").write_text('{"refund": "money", "parcel": "delivery"}')
    with pytest.raises(InputError, match=r"no JSON object of domains and their intents \('refund' holds no list\)"):
        read_domains(tmp_path / "domains.json")
