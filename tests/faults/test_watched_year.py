"""A year of the watch loop on a virtual clock."""

import pytest

from support.watched_year import check_alike, disturbed, undisturbed

pytestmark = pytest.mark.faults

DAYS = 365
MINUTES = 720  # between two looks


def test_a_year_with_200_disconnects_and_50_kills_ends_as_an_undisturbed_one() -> None:
    check_alike(undisturbed(DAYS, MINUTES), disturbed(DAYS, MINUTES, disconnects=200, kills=50), DAYS)
