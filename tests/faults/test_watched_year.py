"""A year of the watch loop on a virtual clock."""

import pytest

from support.watched_year import check_alike, disturbed, undisturbed

# Two years are lived through, three minutes of processor time: beside other work they take much longer.
pytestmark = [pytest.mark.faults, pytest.mark.timeout(3600)]

DAYS = 365
MINUTES = 720  # between two looks


def test_a_year_with_200_disconnects_and_50_kills_ends_as_an_undisturbed_one() -> None:
    check_alike(undisturbed(DAYS, MINUTES), disturbed(DAYS, MINUTES, disconnects=200, kills=50), DAYS)
