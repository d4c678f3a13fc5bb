"""Exchanging an account's key without a gap: the new one may send before the old one stops.

prepared (has a key) > active (funded, and has its role on the chain) > retiring (signs nothing new)
> retired (all it signed is final, its role is taken back). Each step is found again after a crash.
"""

from django.db import transaction

from chain.artifacts import artifact
from chain.commitments import hex_of, keccak256
from chain.contracts import LOG, current_log
from chain.deployment import admin_address
from chain.models import Account, Block, Event, Job, Transaction
from chain.node import Node
from chain.sender import active_account, enqueue
from chain.sender.accounts import ether, look_at_funds, new_account

ANCHOR_ROLE = keccak256(b"ANCHOR_ROLE")
State = Account.State


def rotate(node: Node, purpose: str) -> Account:
    """Begin: the purpose gets a new key. Asking again while one is prepared changes nothing."""
    prepared = Account.objects.filter(purpose=purpose, state=State.PREPARED).first()
    return prepared or new_account(node, purpose, State.PREPARED)


def advance(node: Node) -> None:
    """Bring every exchange that is under way a step on."""
    for account in Account.objects.filter(state=State.PREPARED):
        if look_at_funds(node, account) and _has_role(node, account, "grantRole"):
            _activate(account)
    for account in Account.objects.filter(state=State.RETIRING):
        if _all_final(account) and _lacks_role(node, account):
            Account.objects.filter(pk=account.pk).update(state=State.RETIRED)


@transaction.atomic
def _activate(account: Account) -> None:
    # Locked, so that nothing is being signed by the old key in between.
    old = Account.objects.select_for_update().filter(purpose=account.purpose, state=State.ACTIVE)
    for row in old:
        Account.objects.filter(pk=row.pk).update(state=State.RETIRING)
    Account.objects.filter(pk=account.pk).update(state=State.ACTIVE)


def _all_final(account: Account) -> bool:
    """Whether no reorganisation can bring back anything that it signed."""
    final = Block.objects.filter(final=True).order_by("-number").first()
    rows = account.transactions
    pending = rows.filter(outcome=Transaction.Outcome.PENDING).exists()
    above = rows.filter(block_number__gt=final.number if final else -1).exists()
    return not pending and not above


def _has_role(node: Node, account: Account, function: str) -> bool:
    return not _needs_role(account) or _role_on_chain(node, account) or _ask(account, function)


def _lacks_role(node: Node, account: Account) -> bool:
    if not _needs_role(account) or not _role_on_chain(node, account):
        return True
    return _ask(account, "revokeRole")


def _needs_role(account: Account) -> bool:
    return account.purpose == Account.Purpose.ANCHOR and current_log() is not None


def _role_on_chain(node: Node, account: Account) -> bool:
    log = current_log()
    assert log is not None
    data = artifact(LOG).call("hasRole", ANCHOR_ROLE, hex_of(account.address))
    return any(node.call(bytes(log.address), data))


def _ask(account: Account, function: str) -> bool:
    """Have the role given or taken, where that is ours to do; False, since it takes time."""
    log, address = current_log(), hex_of(account.address)
    assert log is not None
    if _we_are_admin():
        enqueue(
            purpose=Account.Purpose.DEPLOY,
            to=bytes(log.address),
            data=artifact(LOG).call(function, ANCHOR_ROLE, address),
            reason=f"{function} for the account {account.name}",
            key=f"role:{function}:{address}",
        )
    return False


def _we_are_admin() -> bool:
    deployer = active_account(Account.Purpose.DEPLOY)
    return deployer is not None and admin_address().lower() == hex_of(deployer.address)


def role_changed(job: Job) -> bool:
    """Whether the event of a role's change was seen."""
    _role, function, address = job.key.split(":")
    name = {"grantRole": "RoleGranted", "revokeRole": "RoleRevoked"}[function]
    return Event.objects.filter(name=name, args__account=address, orphaned=False).exists()


def trouble() -> list[str]:
    """What an exchange waits for that only an operator can give."""
    found = []
    for account in Account.objects.filter(state=State.PREPARED):
        address = hex_of(account.address)
        if not account.balance:
            found.append(f"the new account {account.name} ({address}) waits for funds to pay gas")
        elif _needs_role(account) and not _we_are_admin():
            found.append(
                f"the new account {account.name} ({address}, {ether(account.balance)}) waits for "
                f"ANCHOR_ROLE, which {admin_address()} has to grant"
            )
    return found
