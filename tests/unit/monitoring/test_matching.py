"""Which group of tonight is which of yesterday."""

from __future__ import annotations

import numpy as np

from assistant.monitoring.matching import Group, matched

EAST, NORTH = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)
ALL = range(1000)


def group(*members: int, centre: np.ndarray = EAST, settled: bool = False) -> Group:
    return Group(frozenset(members), centre, settled)


def test_a_group_that_grows_or_loses_some_is_the_same() -> None:
    assert matched([group(1, 2, 3, 4, 5, 6, 7, 8, 9)], [group(1, 2, 3, 4, 99)], ALL) == [0]


def test_a_group_that_shares_few_is_new() -> None:
    assert matched([group(1, 2, 3, 4)], [group(4, 5, 6, 7)], ALL) == [None]


def test_of_a_group_that_falls_apart_the_larger_part_goes_on() -> None:
    assert matched([group(1, 2), group(3, 4, 5)], [group(1, 2, 3, 4, 5)], ALL) == [None, 0]


def test_of_two_groups_that_become_one_the_larger_goes_on() -> None:
    assert matched([group(1, 2, 3, 4, 5)], [group(1, 2), group(3, 4, 5)], ALL) == [1]


def test_what_is_left_of_a_group_does_not_take_the_place_of_one_that_is_there() -> None:
    labelled_but_one, repairs = group(0, *range(90, 98)), group(*range(1, 12))
    assert matched([group(*range(10))], [labelled_but_one, repairs], range(50)) == [1]


def test_members_that_were_labelled_meanwhile_do_not_count() -> None:
    assert matched([group(8, 9, 10, 11)], [group(1, 2, 3, 4, 5, 6, 8, 9)], {8, 9, 10, 11}) == [0]


def test_a_group_whose_messages_are_all_gone_is_known_by_its_centre() -> None:
    assert matched([group(8), group(9, centre=NORTH)], [group(1, centre=NORTH)], {8, 9}) == [None, 0]


def test_a_dismissed_group_stays_so_as_a_few_join_it() -> None:
    assert matched([group(1, 2, 3, 4, 5)], [group(1, 2, 3, settled=True)], ALL) == [0]


def test_a_group_that_has_outgrown_its_dismissed_part_is_new() -> None:
    assert matched([group(1, 2, 3, 4, 5, 6, 7)], [group(1, 2, 3, settled=True)], ALL) == [None]


def test_an_open_group_goes_on_where_a_dismissed_one_has_its_messages_too() -> None:
    assert matched([group(1, 2, 3)], [group(1, 2, 3, 4, 5, settled=True), group(1, 2, 3)], ALL) == [1]


def test_both_parts_of_a_dismissed_group_stay_dismissed() -> None:
    assert matched([group(1, 2), group(3, 4)], [group(1, 2, 3, 4, settled=True)], ALL) == [0, 0]
