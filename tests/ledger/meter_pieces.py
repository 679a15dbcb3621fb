"""What use was worth by meter, with nothing taken together: each event of each drain is valued by itself."""

from __future__ import annotations

from datetime import date, datetime

from creditops.lib import sql
from ledger.meter_uses import MeterUse
from ledger.models import Drain, Meter


def of(first: date, last: date, *, known_at: datetime) -> list[MeterUse]:
    """As `ledger.meter_uses.of`."""
    drains = list(
        Drain.objects.filter(posting_date__range=(first, last), recorded_at__lte=known_at)
    )
    rows = sql.rows(
        "ledger", "meter_revenue", first=first, last=last, known_at=known_at,
        customer=[drain.customer_id for drain in drains], pool=[drain.pool_id for drain in drains],
        line=[drain.line for drain in drains], layout=[drain.layout_no for drain in drains],
        revenue_class=[drain.revenue_class for drain in drains],
        on=[drain.posting_date for drain in drains], pos=[drain.pos for drain in drains],
        pos_end=[drain.pos_end for drain in drains],
    )  # fmt: skip
    places = {meter.id: place for place, meter in enumerate(Meter.objects.order_by("name", "code"))}
    meters = Meter.objects.in_bulk()
    return [
        MeterUse(meters[meter_id].code, meters[meter_id].name, *rest)
        for meter_id, *rest in sorted(rows, key=lambda row: (places[row[0]], *row[1:]))
    ]
