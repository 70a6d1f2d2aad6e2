import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from workbench.customers.identifiers import require_pseudonymous
from workbench.errors import DataError
from workbench.runs.handoff import write_handoff

PLACE = "handoff/scores.csv"


@pytest.mark.parametrize(
    "personal",
    [
        "anna.b@shop.example",
        " a@b.co ",
        "+49 171 2345678",
        "+15551234567",
        "(030) 123-4567",
        "0171 2345678",
        "555-123-4567",
    ],
)
def test_one_address_among_thousands_is_refused_without_being_repeated(personal: str):
    ids = pd.Series([f"C{n:06d}" for n in range(5_000)] + [personal])
    with pytest.raises(DataError) as refused:
        require_pseudonymous(ids, "customer_id", PLACE)
    message = str(refused.value)
    assert message.startswith(f"{PLACE}: 1 of 5,001 values of customer_id look like ")
    assert "hash" in message
    assert personal.strip() not in message


@pytest.mark.parametrize(
    "ids",
    [
        ["C000001"],
        ["0000012345", "4915112345678", "17850"],
        ["9e107d9d372bb6826bd81d3542a419d6"],
        ["123e4567-e89b-12d3-a456-426614174000"],
        ["2024-01-02", "2024-000123", "123-1234567-1234567", "user@home", None],
    ],
)
def test_ordinary_ids_pass(ids: list[str]):
    require_pseudonymous(pd.Series(ids), "customer_id", PLACE)
    require_pseudonymous(pa.chunked_array([pa.array(ids, pa.string())]), "customer_id", PLACE)


def test_whole_numbers_pass():
    require_pseudonymous(pd.Series(np.arange(10)), "customer_id", PLACE)


@pytest.mark.parametrize("made", [lambda frame: frame, pa.Table.from_pandas])
def test_a_hand_off_with_addresses_is_not_written(tmp_path, made):
    frame = pd.DataFrame({"customer_id": ["C1", "anna.b@shop.example"], "probability": [0.1, 0.2]})
    with pytest.raises(
        DataError, match=r"handoff/scores\.csv: 1 of 2 values of customer_id look like e-mail addresses"
    ):
        write_handoff({"scores": made(frame)}, tmp_path)
    write_handoff({"scores": made(frame.assign(customer_id=["C1", "C2"]))}, tmp_path)
