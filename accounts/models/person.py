"""The people who log in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from accounts.models.customer import Customer
from creditops.lib.tables import Record


class PersonManager(BaseUserManager["Person"]):
    """Makes people; the e-mail is the login, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> Person:
        person = self.model(email=self.normalize_email(email).lower(), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> Person:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(email__iexact=username)


class Person(AbstractBaseUser, PermissionsMixin, Record):
    """Someone who logs in by e-mail: the vendor's staff, or a customer's person by `Membership`."""

    secret_fields = ("password", "last_login")

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_staff = models.BooleanField(default=False, help_text="works for the vendor")
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField()

    objects: ClassVar[PersonManager] = PersonManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name", "joined_at"]

    class Meta:
        verbose_name_plural = "people"
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="accounts_person_email_any_case")
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


class Membership(Record):
    """What a person is at a customer. Once-only: one role per (person, customer)."""

    class Role(models.TextChoices):
        ADMIN = "admin", "administrator"
        FINANCE = "finance", "CFO, sees everything"
        AUTHORISER = "authoriser", "may authorise overage and purchases"
        VIEWER = "viewer", "sees usage"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    notify_at_percent = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="told when consumption reaches this; empty: never"
    )

    class Meta:
        ordering = ["customer", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "customer"], name="accounts_membership_one_role_per_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.customer}: {self.get_role_display()}"
