"""What people are told about records: who read theirs, and what was shared with them."""

from contextlib import suppress
from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from redis.exceptions import RedisError

from accounts.models import User
from accounts.notices import notify
from accounts.selectors import people_acting
from core import audit
from core.acting import portal_acts
from core.registry import NoticeType, Told, page_of
from records.models import Consent, Delegation, Patient

TO_YOU, TO_ORGANISATION = "you", "organisation"
DAY = 24 * 3600
READING = (audit.Name.RECORD_READ, audit.Name.RECORD_LISTED, audit.Name.PROOF_READ)


# -- words -----------------------------------------------------------------------------------------


def _read(told: Told) -> str:
    return _("Your record was read. See by whom.")


def _emergency(told: Told) -> str:
    return _("Your record was opened for an emergency. See by whom, and why.")


def _ends_soon(told: Told) -> str:
    return _("Something that you share ends within a week. Share it again if it is to go on.")


def _shared(told: Told) -> str:
    ours = told.about != TO_YOU
    if told.others:
        words = ngettext(
            "%(who)s and %(others)d other person shared their records with your organisation.",
            "%(who)s and %(others)d others shared their records with your organisation.",
            told.others,
        ) if ours else ngettext(
            "%(who)s and %(others)d other person shared their records with you.",
            "%(who)s and %(others)d others shared their records with you.",
            told.others,
        )  # fmt: skip
    elif ours:
        words = _("%(who)s shared their record with your organisation.")
    else:
        words = _("%(who)s shared their record with you.")
    return words % {"who": told.who, "others": told.others}


def _ended(told: Told) -> str:
    if not told.others:
        return _("%(who)s ended sharing something of their record.") % {"who": told.who}
    return ngettext(
        "%(who)s and %(others)d other person ended sharing something of their records.",
        "%(who)s and %(others)d others ended sharing something of their records.",
        told.others,
    ) % {"who": told.who, "others": told.others}


BACKUPS = gettext_lazy(
    "Your request was carried out. Older backups hold what can't be read any more, and are gone "
    "after {days} days."
)


def _erasure_asked(told: Told) -> str:
    return _("Somebody asks that their record is erased. Decide.")


def _erasure_refused(told: Told) -> str:
    return _("Your record is not erased. See why.")


def _erasure_done(told: Told) -> str:
    return str(format_lazy(BACKUPS, days=settings.BACKUP_WINDOW_DAYS))


NOTICE_TYPES = [
    NoticeType(
        "record-read",
        label=gettext_lazy("Somebody read your record"),
        text=gettext_lazy("On each day on which somebody else reads it, once."),
        icon="eye",
        words=_read,
        mail=gettext_lazy("Somebody read your record. Sign in to see who."),
        url=page_of("my-readers"),
        by_mail=True,
        discreet=True,
        roles=frozenset({"patient"}),
        order=50,
    ),
    NoticeType(
        "record-emergency",
        label=gettext_lazy("Your record was opened for an emergency"),
        text=gettext_lazy("At once, when somebody opens it without your consent."),
        icon="alert-triangle",
        words=_emergency,
        mail=gettext_lazy("Your record was opened for an emergency. Sign in to see by whom."),
        url=page_of("my-readers"),
        by_mail=True,
        discreet=True,
        roles=frozenset({"patient"}),
        order=45,
    ),
    NoticeType(
        "record-shared",
        label=gettext_lazy("A record was shared"),
        text=gettext_lazy("When somebody shares their record with you or your organisation."),
        icon="share",
        words=_shared,
        mail=gettext_lazy("Somebody shared a record with you. Sign in to see it."),
        url=page_of("patients"),
        order=60,
    ),
    NoticeType(
        "sharing-ends-soon",
        label=gettext_lazy("Something that you share ends soon"),
        text=gettext_lazy("A week before its last day, once."),
        icon="share",
        words=_ends_soon,
        mail=gettext_lazy("Something that you share ends within a week. Sign in to see what."),
        url=page_of("sharing"),
        discreet=True,
        roles=frozenset({"patient"}),
        order=65,
    ),
    NoticeType(
        "sharing-ended",
        label=gettext_lazy("Sharing was ended"),
        text=gettext_lazy("When somebody ends what they shared with you or your organisation."),
        icon="share-off",
        words=_ended,
        mail=gettext_lazy("Somebody ended what they shared with you. Sign in to see who."),
        url=page_of("patients"),
        order=70,
    ),
    NoticeType(
        "erasure-asked",
        label=gettext_lazy("Somebody asks to be erased"),
        text=gettext_lazy("When a person asks that their record is erased."),
        icon="eraser",
        words=_erasure_asked,
        mail=gettext_lazy("Somebody asks that their record is erased. Sign in to decide."),
        url=page_of("erasures"),
        by_mail=True,
        roles=frozenset({"manager"}),
        order=80,
    ),
    NoticeType(
        "erasure-refused",
        label=gettext_lazy("Your record is not erased"),
        text=gettext_lazy("When your request to erase your record is refused."),
        icon="eraser-off",
        words=_erasure_refused,
        mail=gettext_lazy("Your request was decided. Sign in to see how, and why."),
        url=page_of("erasure"),
        by_mail=True,
        can_be_off=False,
        roles=frozenset({"patient"}),
        order=81,
    ),
    NoticeType(
        "erasure-done",
        label=gettext_lazy("Your record was erased"),
        text=gettext_lazy("When your record was erased, as you asked."),
        icon="eraser",
        words=_erasure_done,
        mail=format_lazy(BACKUPS, days=settings.BACKUP_WINDOW_DAYS),
        url=page_of("erasure"),
        by_mail=True,
        can_be_off=False,
        roles=frozenset({"patient"}),
        order=82,
    ),
]


# -- events ----------------------------------------------------------------------------------------


def sharing_told(consent: Consent, type: str) -> None:
    """Tell the other side of a grant, in the caller's transaction, that it began or ended."""
    person = audit.Actor(consent.patient.account_id)
    if consent.user is not None:
        notify(consent.user, type, about=TO_YOU, by=person)
        return
    assert consent.organisation is not None
    acting = people_acting(consent.organisation)
    notify(acting, type, about=f"{TO_ORGANISATION} {consent.organisation_id}", by=person)


def reading_told(patient_id: UUID | None, by: audit.Actor) -> None:
    """Tell a patient that their record was read, once a day; costs nothing for who comes again."""
    if patient_id is None or by.user_id is None:
        return
    key = f"notices:read:{audit.pseudonym(patient_id)}:{by.user_id}:{timezone.now().date()}"
    if _known(key):
        return
    with portal_acts():  # whoever looks need not be one who may see whose record it is
        owner = User.objects.filter(patient=patient_id).exclude(pk=by.user_id).first()
    if owner is None:  # the person's own reading, or a record without an account
        _remember(key)
        return
    notify(owner, "record-read", about=str(patient_id), by=by)
    transaction.on_commit(partial(_remember, key))


def emergency_told(patient: Patient, by: audit.Actor) -> None:
    """Tell a patient, and who cares for them, at once; in the caller's transaction."""
    known = (patient.account_id, *standing_delegates(patient))
    told = [id for id in known if id and id != by.user_id]
    notify(User.objects.filter(pk__in=told), "record-emergency", about=str(patient.pk), by=by)


def standing_delegates(patient: Patient) -> list[UUID]:
    """The accounts of those who stand in for a patient now."""
    rows = patient.delegations.filter(state=Delegation.State.ACTIVE, ends_at__gt=timezone.now())
    return [pk for pk in rows.values_list("delegate", flat=True) if pk]


def ending_told(consent: Consent) -> None:
    """Tell a patient, or who cares for them, that something they share ends soon."""
    known = (consent.patient.account_id, *standing_delegates(consent.patient))
    told = [id for id in known if id]
    people = User.objects.filter(pk__in=told)
    notify(people, "sharing-ends-soon", about=str(consent.pk))


def _known(key: str) -> bool:
    """Whether this was told before; where the cache is away, the notice's own row knows."""
    try:
        return bool(cache.get(key))
    except RedisError:
        return False


def _remember(key: str) -> None:
    with suppress(RedisError):
        cache.set(key, 1, DAY)


def register() -> None:
    """At start-up."""
    for name in READING:
        audit.watch(name, reading_told)
