"""Whether credits fit a product (S10, X20), and how they fail (S75 to S77)."""

import pytest

from contracts import fit
from creditops.lib.refusals import Refusal


@pytest.mark.parametrize(
    ("conditions", "verdict"),
    [
        ((True, True, True), "FIT"),
        ((False, True, True), "FIT"),
        ((False, True, False), "BORDERLINE"),
        ((False, False, False), "NO_FIT"),
    ],
)
def test_two_or_three_conditions_fit_one_is_borderline(conditions, verdict):
    assert fit.test(conditions) == verdict


def test_another_number_of_conditions_is_refused():
    with pytest.raises(Refusal, match="3 conditions"):
        fit.test([True])


def test_an_unknown_way_to_fail_is_refused():
    with pytest.raises(Refusal, match="Choose from TOO_COMPLEX, NOT_GENEROUS"):
        fit.failure_mode("BORING")
