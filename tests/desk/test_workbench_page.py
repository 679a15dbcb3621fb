"""The pricing workbench and the review of the model by clicks (S10, S16, S19, Z6)."""

from __future__ import annotations

from contracts.models import ActionValue
from creditops.desk import addresses
from tests.desk import acts
from tests.staff import Book

EMAIL = {"name": "email", "meter": "", "cost": "0.0025", "worth": "0.1", "customer_unit": "addresses",
         "position": "horizontal"}  # fmt: skip


def test_actions_are_described_and_priced_and_taken_into_a_draft(book: Book, fiona):
    acts.do(fiona, "describe-action", **EMAIL)
    acts.do(fiona, "describe-action", **EMAIL | {"name": "research", "cost": "0.1", "worth": "1"})

    page = fiona.get(addresses.of("workbench"), {"margin": "75", "share": "20", "ratio": ""})
    sheet = fiona.get(addresses.of("workbench_csv"), {"margin": "75"}).content.decode("utf-8-sig")

    assert (page.context["bench"].ratio, page.context["bench"].base) == (100, "email")
    assert [row[:5] for row in page.context["proposal"].rows] == [
        ("email", "1", "$0.01", "$0.0025", "75.0 %"),
        ("research", "40", "$0.40", "$0.10", "75.0 %"),
    ]
    assert "too much of it" in page.context["proposal"].rows[1][6]
    assert page.context["tiers"].rows[0] == ("$5,000", "500,000", "500,000", "12,500")
    acts.do(fiona, "start-draft", "standard", version="2", note="")
    done = acts.do(fiona, "import-draft", 1_000_000, sheet=sheet)
    assert done.status_code == 404
    assert sheet.splitlines()[1].startswith("email,1,1,,,,CREDIT,addresses,horizontal")


def test_an_action_is_changed_and_taken_off(book: Book, fiona):
    acts.do(fiona, "describe-action", **EMAIL)
    form = fiona.get(addresses.of("change-action", "email")).context["form"]
    assert form["cost"].value() == "0.0025"

    acts.do(fiona, "change-action", "email", **EMAIL | {"cost": "0.003"})
    assert str(ActionValue.objects.get().cost) == "0.003000000000"
    acts.do(fiona, "forget-action", "email")

    assert not ActionValue.objects.exists()


def test_the_cost_of_a_token_keeps_its_decimals(book: Book, fiona):
    acts.do(fiona, "describe-action", **EMAIL | {"cost": "0.00000015", "worth": "0.002"})

    [row] = fiona.get(addresses.of("workbench")).context["catalogue"].rows

    assert row[2:4] == ("0.00000015 USD", "$0.002")


def test_costs_are_for_whoever_makes_prices(book: Book, sam):
    assert sam.get(addresses.of("workbench")).status_code == 403


def test_the_model_is_reviewed_with_what_the_books_say(book: Book, sam):
    page = sam.get(addresses.of("fit"))
    said = sam.get(addresses.of("fit"), {"said": "1", "met": ["0", "2"]})

    assert [condition.met for _, condition, _ in page.context["conditions"]] == [False, True, False]
    assert (page.context["verdict"], said.context["verdict"]) == ("BORDERLINE", "FIT")
    assert [row[0] for row in page.context["signals"].rows] == [
        "Too complex", "Not generous", "Licence in disguise",
    ]  # fmt: skip
    assert page.context["limits"].rows[0][0] == "Credits"
