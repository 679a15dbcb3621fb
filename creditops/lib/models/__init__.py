"""The cellar's own rows, one file per aggregate."""

from creditops.lib.models.approval import Approval
from creditops.lib.models.audit import AuditEntry, AuditValue
from creditops.lib.models.due import DueRow
from creditops.lib.models.idempotency import IdempotencyRecord
from creditops.lib.models.outbox import OutboxMessage
from creditops.lib.models.policy import PolicySetting
from creditops.lib.models.seal import Seal, SealedRows
from creditops.lib.models.stored_file import StoredFile

__all__ = [
    "Approval",
    "AuditEntry",
    "AuditValue",
    "DueRow",
    "IdempotencyRecord",
    "OutboxMessage",
    "PolicySetting",
    "Seal",
    "SealedRows",
    "StoredFile",
]
