"""Does commission by clicks: a plan is set up, statements and finance's page are read, commission is paid."""

from __future__ import annotations

from dataclasses import dataclass

from tests.browser.guide_walk import Walk

SAM, FIONA, CARLA = "sam@vendor.example", "fiona@vendor.example", "carla@vendor.example"


@dataclass(frozen=True)
class Shown:
    """A rep's statement as its page shows it: figures by label, tables by title, a row a tuple."""

    figures: dict[str, str]
    contracts: list[tuple[str, ...]]
    events: list[tuple[str, ...]]

    @property
    def by_use(self) -> tuple[str, ...]:
        """What the customer's use has brought: earned, at risk, to come, held back."""
        return tuple(self.figures[of] for of in ("Earned", "At risk", "To come", "Held back"))

    @property
    def to_pay(self) -> tuple[str, ...]:
        """Granted and not paid out, to be taken back, and what the next payout brings."""
        names = ("Not paid out", "To be taken back", "Next payout")
        return tuple(self.figures[of] for of in names)


class CommissionDesk:
    """The pages of commission, as Sam reads them, and as Fiona and Carla of finance work with them."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.page = walk, walk.page

    def set_up_plan(self, *, rate_pct: str, upfront_pct: str) -> None:
        """Fiona makes the plan `standard`."""
        self._open(FIONA)
        self.walk.click("New plan")
        for label, said in (
            ("Code", "standard"), ("Name", "Standard"), ("Rate in %", rate_pct),
            ("Paid at close, in %", upfront_pct),
        ):  # fmt: skip
            self.page.get_by_label(label, exact=False).first.fill(said)
        self.walk.click("Continue")
        self.walk.click("Publish it")

    def of_sam(self, year: int) -> Shown:
        """What Sam reads of a year on the own statement."""
        self._open(SAM)
        self._turn_to(year)
        return self._shown()

    def of_finance(self, year: int) -> list[tuple[str, ...]]:
        """What Fiona reads of a year on the page of all reps, a row each."""
        self._open(FIONA)
        self._turn_to(year)
        return self._table("Reps")

    def pay(self, year: int) -> None:
        """Fiona freezes Sam's statement and asks for the payout; Carla agrees."""
        self._open(FIONA)
        self._turn_to(year)
        self.walk.click(SAM)
        self.walk.click("Freeze this statement")
        self.walk.click("Continue")
        self.walk.click("Freeze it")
        self.walk.click("Pay")
        self.walk.click("Continue")
        self.walk.click("Ask for the payout")
        self.walk.log_in(CARLA)
        self.walk.click("Decide")
        self.page.get_by_label("Decision").select_option("approve")
        self.page.get_by_label("Reason").fill("with this month's payroll")
        self.walk.click("Continue")
        self.walk.click("Confirm the decision")

    def _open(self, email: str) -> None:
        """By the side bar; a rep is led to the own statement."""
        self.walk.log_in(email)
        self.walk.click("Commission")

    def _turn_to(self, year: int) -> None:
        """To a year before or after the one that is shown."""
        while (shown := self._year()) != year:
            self.walk.click("Year before" if shown > year else "year after")

    def _year(self) -> int:
        self.page.wait_for_load_state("networkidle")
        return int(self.page.title().partition(" |")[0][-4:])

    def _shown(self) -> Shown:
        pairs = self.page.eval_on_selector_all(
            "main .figures > div",
            "found => found.map(one => [...one.children].slice(0, 2).map(of => of.innerText))",
        )
        return Shown(dict(pairs), self._table("Contracts"), self._table("Events"))

    def _table(self, title: str) -> list[tuple[str, ...]]:
        """The rows of the table under the heading that begins with `title`."""
        card = self.page.locator(
            "main section.card", has=self.page.get_by_role("heading", name=title)
        )
        rows: list[list[str]] = card.first.locator("tbody tr").evaluate_all(
            "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))"
        )
        return [tuple(row) for row in rows]
