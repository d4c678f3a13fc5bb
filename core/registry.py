"""What lower apps show of higher ones: filled in `AppConfig.ready`, read by the portal's shell."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any
from uuid import UUID

from django.db.models import Model, TextChoices
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.row_security import RowRule


@dataclass(frozen=True)
class NavItem:
    """An entry of the main navigation, for the roles that have a use for it."""

    label: str | Promise
    url_name: str
    icon: str
    roles: frozenset[str]
    order: int = 50


class AccountGroup(TextChoices):
    """Under which heading a page of the account stands."""

    YOU = "you", _("About you")
    SIGN_IN = "sign-in", _("Sign-in and security")
    PROGRAMS = "programs", _("Programs")
    PRIVACY = "privacy", _("Your data")


@dataclass(frozen=True)
class AccountPage:
    """A page of the person's own account; without roles it is everybody's."""

    label: str | Promise
    text: str | Promise
    url_name: str
    icon: str
    group: AccountGroup
    roles: frozenset[str] = frozenset()
    order: int = 50


@dataclass(frozen=True)
class Panel:
    """A part of a role's dashboard: a template and what it shows to the person who asks."""

    template: str
    context: Callable[[HttpRequest], Mapping[str, Any]]
    roles: frozenset[str]
    order: int = 50


@dataclass(frozen=True)
class ApiArea:
    """A part of the interfaces that a token may be made for: to read, and to write."""

    key: str
    label: str | Promise
    text: str | Promise
    order: int = 50
    writes: bool = True  # whether anything can be changed in it


@dataclass(frozen=True)
class Told:
    """What a notice's sentence is made of: who did it, how many others did, and how often."""

    who: str
    others: int
    count: int
    about: str


def page_of(url_name: str) -> Callable[[str], str]:
    """The page that all notices of a type are about."""

    def url(about: str) -> str:
        return reverse(url_name)

    return url


@dataclass(frozen=True)
class NoticeType:
    """Something that people are told about; `mail` is its sentence outside Salus, which names nobody."""

    key: str
    label: str | Promise
    text: str | Promise  # what it is about, in plain words, for the page of preferences
    icon: str
    words: Callable[[Told], str]
    mail: str | Promise
    url: Callable[[str], str]  # of `about`
    in_app: bool = True
    by_mail: bool = False
    can_be_off: bool = True
    # Kept without who and at what time, once a day: else the database, without its keys, would tell
    # by it whom the audit trail's rows are about.
    discreet: bool = False
    roles: frozenset[str] = frozenset()  # whom it may concern; empty: everybody
    order: int = 50


@dataclass(frozen=True)
class ChartTab:
    """A tab of a patient's chart."""

    label: str | Promise
    url_name: str
    order: int = 50


# Called by whoever writes a file for each part that is done, for the progress that a person sees.
Tick = Callable[[], None]
# What goes into a file: bytes, or a function that writes them. Pieces with one name are one file.
Content = bytes | Callable[[IO[bytes], Tick], object]


def _nothing(user_id: UUID) -> None:
    """An app that has nothing to do."""


def _nobody(user_id: UUID) -> Iterable[UUID]:
    """An app in which no organisation keeps anything of a person."""
    return ()


@dataclass(frozen=True)
class PersonalData:
    """What an app holds of a person (an account's id): how to hand it out, and how to let it go."""

    key: str  # the folder of its files
    label: str | Promise
    order: int
    stays: str | Promise  # what is left of it when the account is closed, and why; may be empty
    models: frozenset[type[Model]]
    size: Callable[[UUID], int]  # how many parts `export` gives, near enough for a progress bar
    export: Callable[[UUID], Iterable[tuple[str, Content]]]
    # The organisations that keep some of it and can correct it.
    keepers: Callable[[UUID], Iterable[UUID]] = _nobody
    close: Callable[[UUID], None] = _nothing  # at once, when the person closes their account
    empty: Callable[[UUID], None] = _nothing  # later, for good; safe to run twice
    # Of a patient (their record's id) whose record is erased; safe to run twice.
    erase: Callable[[UUID], None] = _nothing


@dataclass
class Registry:
    """All registrations; `roles` are the values of accounts' Role."""

    nav_items: list[NavItem] = field(default_factory=list)
    account_pages: list[AccountPage] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    row_rules: list[RowRule] = field(default_factory=list)
    chart_tabs: list[ChartTab] = field(default_factory=list)
    api_areas: list[ApiArea] = field(default_factory=list)
    notice_types: list[NoticeType] = field(default_factory=list)
    personal_data: list[PersonalData] = field(default_factory=list)

    def nav_for(self, roles: frozenset[str]) -> list[NavItem]:
        """The navigation of somebody with these roles, in order."""
        return sorted((n for n in self.nav_items if n.roles & roles), key=lambda n: n.order)

    def account_pages_for(
        self, roles: frozenset[str]
    ) -> list[tuple[AccountGroup, list[AccountPage]]]:
        """The pages of such a person's account, by heading."""
        fitting = [p for p in self.account_pages if not p.roles or p.roles & roles]
        fitting.sort(key=lambda p: p.order)
        groups = [(g, [p for p in fitting if p.group == g]) for g in AccountGroup]
        return [(group, pages) for group, pages in groups if pages]

    def panels_for(self, roles: frozenset[str]) -> list[Panel]:
        """The dashboard of somebody with these roles, in order."""
        return sorted((p for p in self.panels if p.roles & roles), key=lambda p: p.order)

    def personal_data_in_order(self) -> list[PersonalData]:
        """What each app holds of a person, in the order in which people look for it."""
        return sorted(self.personal_data, key=lambda data: data.order)

    def notice_type(self, key: str) -> NoticeType | None:
        """The type with this key; none where its app is gone."""
        return next((t for t in self.notice_types if t.key == key), None)


registry = Registry()
