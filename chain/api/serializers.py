"""The ledger as the API gives it: states as codes, amounts in wei as text, numbers as hex."""

from typing import Any

from rest_framework import serializers

from chain.models import Account, AnchorState, Job, Transaction


class Shown(serializers.Serializer[Any]):
    """What a presenter made; nothing is ever taken in."""


class Wei(serializers.CharField):
    """An amount that may be beyond what JSON's readers take for a number."""


class StatusSerializer(Shown):
    """How the ledger stands; null is what the caller may not see."""

    chain_id = serializers.IntegerField(allow_null=True)
    private_chain = serializers.BooleanField()
    node_answers = serializers.BooleanField()
    under_way = serializers.BooleanField()
    attention = serializers.BooleanField(help_text="Something is not as it should be.")
    troubles = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="What it is; for auditors and administrators.",
    )
    batches = serializers.IntegerField()
    seals_final = serializers.IntegerField(allow_null=True, help_text="For those signed in.")
    seals_waiting = serializers.IntegerField(allow_null=True, help_text="For those signed in.")
    consents_waiting = serializers.IntegerField(
        allow_null=True, help_text="For auditors and administrators."
    )
    last_block = serializers.IntegerField(allow_null=True)
    final_block = serializers.IntegerField(allow_null=True)


class BatchSerializer(Shown):
    """A batch in a list."""

    sequence = serializers.IntegerField()
    state = serializers.ChoiceField(AnchorState.choices)
    seals = serializers.IntegerField(
        source="count", allow_null=True, help_text="For those signed in."
    )
    capacity = serializers.IntegerField()
    block_number = serializers.IntegerField(allow_null=True)
    time = serializers.DateTimeField(
        source="when", help_text="The block's, or until then when it was put together."
    )


class BatchDetailSerializer(Shown):
    """A batch with its identifiers; empty where the chain has not given them yet."""

    sequence = serializers.IntegerField(source="row.sequence")
    state = serializers.ChoiceField(AnchorState.choices, source="row.state")
    seals = serializers.IntegerField(
        source="row.count", allow_null=True, help_text="For those signed in."
    )
    capacity = serializers.IntegerField(source="row.capacity")
    block_number = serializers.IntegerField(source="row.block_number", allow_null=True)
    time = serializers.DateTimeField(source="row.when")
    depth = serializers.IntegerField()
    # DRF's fields have a property of this name; its metaclass keeps the two apart.
    root = serializers.CharField()  # type: ignore[assignment]
    head = serializers.CharField()
    block_hash = serializers.CharField()
    transaction_hash = serializers.CharField(source="transaction")
    transaction = serializers.UUIDField(source="job", allow_null=True)
    contract = serializers.CharField()
    chain_id = serializers.IntegerField()


class TransactionSerializer(Shown):
    """A transaction in a list."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    reason = serializers.CharField()
    purpose = serializers.ChoiceField(Account.Purpose.choices)
    account = serializers.CharField(help_text="The one that signed last; empty before.")
    state = serializers.ChoiceField(Job.State.choices)
    attempts = serializers.IntegerField()
    paid_at_most_wei = Wei(source="fee_wei", allow_null=True)
    created_at = serializers.DateTimeField(source="when")


class AttemptSerializer(Shown):
    """A signed transaction."""

    hash = serializers.CharField()
    account = serializers.CharField()
    nonce = serializers.IntegerField()
    gas = serializers.IntegerField()
    max_fee_wei = Wei()
    tip_wei = Wei()
    outcome = serializers.ChoiceField(Transaction.Outcome.choices)
    block_number = serializers.IntegerField(allow_null=True)
    block_hash = serializers.CharField()
    signed_at = serializers.DateTimeField(source="when")


class TransactionDetailSerializer(Shown):
    """A transaction with all attempts to send it, the oldest first, and what it carries."""

    id = serializers.UUIDField(source="row.id")
    kind = serializers.CharField(source="row.kind")
    reason = serializers.CharField(source="row.reason")
    purpose = serializers.ChoiceField(Account.Purpose.choices, source="row.purpose")
    state = serializers.ChoiceField(Job.State.choices, source="row.state")
    paid_at_most_wei = Wei(source="row.fee_wei", allow_null=True)
    created_at = serializers.DateTimeField(source="row.when")
    to = serializers.CharField(help_text="Empty where it creates a contract.")
    batch = serializers.IntegerField(allow_null=True, help_text="Its sequence.")
    consents_given = serializers.IntegerField(source="given", allow_null=True)
    consents_ended = serializers.IntegerField(source="ended", allow_null=True)
    failures = serializers.IntegerField()
    error = serializers.CharField(help_text="Empty unless for auditors and administrators.")
    not_before = serializers.DateTimeField(allow_null=True)
    attempts = AttemptSerializer(many=True)


class ContractSerializer(Shown):
    """A contract, with all that it takes to look it up and to build it again."""

    name = serializers.CharField()
    current = serializers.BooleanField()
    address = serializers.CharField()
    chain_id = serializers.IntegerField()
    genesis_hash = serializers.CharField()
    deploy_block = serializers.IntegerField()
    transaction_hash = serializers.CharField(source="transaction")
    code_hash = serializers.CharField()
    source_hash = serializers.CharField()
    source_path = serializers.CharField()


class AccountSerializer(Shown):
    """An account that sends for the portal."""

    name = serializers.CharField()
    purpose = serializers.ChoiceField(Account.Purpose.choices)
    address = serializers.CharField()
    state = serializers.ChoiceField(Account.State.choices)
    balance_wei = Wei(allow_null=True)
    balance_low = serializers.BooleanField(source="low")
    balance_at = serializers.DateTimeField(source="seen", allow_null=True)


class ConsentEventSerializer(Shown):
    """A consent that was given or ended, as the chain shows it; some are random companions."""

    action = serializers.ChoiceField(["given", "ended"])
    number = serializers.CharField(
        source="value", help_text="The commitment of what was given, the lock of what was ended."
    )
    time = serializers.DateTimeField(source="when")
    block_number = serializers.IntegerField()
    transaction_hash = serializers.CharField(source="transaction")
    contract = serializers.CharField()


class ReorgSerializer(Shown):
    """Blocks that the chain dropped for others."""

    id = serializers.IntegerField()
    seen_at = serializers.DateTimeField(source="when")
    common_block = serializers.IntegerField(help_text="The last block that stayed.")
    depth = serializers.IntegerField(help_text="How many blocks above it were dropped.")
    events = serializers.IntegerField(help_text="How many events were undone.")
    lost_hash = serializers.CharField()
