"""What currencies cost in each other."""

from django.db import models

from creditops.lib.tables import Book


class ExchangeRate(Book):
    """A rate in force from an instant on: 1 `from_currency` = `rate` `to_currency`, exact.

    `num` and `den` say the same in minor units of both, so that nobody has to know decimals. It holds
    until the next one of the two currencies, whichever way round that is written. Amounts keep the rate
    they were translated at: none begins before something that was translated already (a trigger).
    """

    unsealed_fields = ("published_by", "origin")

    from_currency = models.CharField(max_length=3)
    to_currency = models.CharField(max_length=3)
    rate = models.CharField(max_length=40, help_text="exact decimal")
    num = models.PositiveBigIntegerField(help_text="minor units of the second currency ...")
    den = models.PositiveBigIntegerField(help_text="... for so many of the first")
    effective_from = models.DateTimeField()
    origin = models.CharField(max_length=200, blank=True, help_text="who published it: ECB, a bank")
    recorded_at = models.DateTimeField()
    published_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-effective_from", "-id"]

    def __str__(self) -> str:
        return f"1 {self.from_currency} = {self.rate} {self.to_currency}"
