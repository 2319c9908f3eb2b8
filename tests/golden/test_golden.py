"""The program does on its sample what it did when the golden files were recorded."""

import pytest

from golden.flows import FLOWS, Flow
from golden.read import GOLDEN, recorded
from golden.tables import differences, read

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("program")]


@pytest.mark.parametrize("flow", [flow for flow in FLOWS if flow.quick], ids=lambda flow: flow.name)
def test_the_same_as_recorded(flow: Flow) -> None:
    found = differences(read(GOLDEN / flow.name), recorded(flow))
    advice = (
        f"If this is meant, record it: `python tests/golden/record.py --only {flow.name}`, and say why in the changelog"
    )
    assert not found, "\n".join([*found, advice])
