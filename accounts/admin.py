"""Staff administration: people, organisations and who acts for whom; nothing clinical."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from allauth.account import admin as _addresses  # noqa: F401 - registers what is taken back below
from allauth.account.models import EmailAddress
from allauth.mfa import admin as _passkeys  # noqa: F401 - as above
from allauth.mfa.models import Authenticator
from allauth.usersessions import admin as _sessions  # noqa: F401 - as above
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import admin as _groups  # noqa: F401 - as above
from django.contrib.auth.models import Group
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Membership, Organisation, User
from accounts.services.organisations import Details, organisation_check
from accounts.viewer import viewer_of
from core import audit

# Whose key signs, and at which address a forgotten password is reset, is nothing that staff decides;
# a session's key is nothing that they may see; groups mean nothing here.
admin.site.unregister([Authenticator, UserSession, EmailAddress, Group])

if TYPE_CHECKING:
    MembershipRows = admin.TabularInline[Membership, User]
    AnyPages = admin.ModelAdmin[Any]
    OrganisationFormBase = forms.ModelForm[Organisation]
else:  # Django's own classes take no parameters
    MembershipRows = admin.TabularInline
    AnyPages = admin.ModelAdmin
    OrganisationFormBase = forms.ModelForm


class Audited(AnyPages):
    """What staff add, change or remove stands in the audit trail, too."""

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Noted as added."""
        self._note(request, obj, "added")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> LogEntry:
        """Noted as changed."""
        self._note(request, obj, "changed")
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Model]) -> Any:
        """Noted as removed, one by one."""
        for obj in queryset:
            self._note(request, obj, "removed")
        return super().log_deletions(request, queryset)

    def _note(self, request: HttpRequest, obj: Model, how: str) -> None:
        target = f"{obj._meta.model_name} {obj.pk}"
        by = viewer_of(request).actor
        audit.record(audit.Name.STAFF_CHANGED, by=by, target=target, reason=how)


class MembershipInline(MembershipRows):
    """For whom a person acts: the first manager of an organisation is named here."""

    model = Membership
    extra = 0
    fields = ("organisation", "role", "ended_at")
    readonly_fields = ("ended_at",)
    can_delete = False


@admin.register(User)
class UserAdmin(Audited):
    """People; passwords are set by the people themselves."""

    list_display = ("email", "name", "own_role", "is_active")
    list_filter = ("own_role", "is_active")
    search_fields = ("email", "name")
    fields = ("email", "name", "own_role", "is_active", "is_staff")
    inlines = (MembershipInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """The address is the person's: who could change it could have their password reset."""
        return ("email",) if obj else ()


class CheckedNumbers(OrganisationFormBase):
    """Numbers with a wrong check digit are said at their field."""

    def clean(self) -> dict[str, Any]:
        """Ask the service."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        known = {field.name: data.get(field.name, "") for field in fields(Details)}
        for problem in Details(**known).problems():
            self.add_error(problem.place, problem.text)
        return data


@admin.register(Organisation)
class OrganisationAdmin(Audited):
    """Organisations."""

    list_display = ("name", "kind", "verification", "gln", "npi", "home")
    list_filter = ("kind", "verification")
    search_fields = ("name", "gln", "npi")
    fields = ("kind", "name", "gln", "npi", "own_number", "home", "verification")
    readonly_fields = ("verification",)
    actions = ("confirm", "refuse")

    @admin.action(description=_("It is who it says: patients can find it"))
    def confirm(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> None:
        """Somebody made sure."""
        self._check(request, queryset, Organisation.Verification.VERIFIED)

    @admin.action(description=_("Refuse: nobody can find it"))
    def refuse(self, request: HttpRequest, queryset: QuerySet[Organisation]) -> None:
        """It is not who it says."""
        self._check(request, queryset, Organisation.Verification.REFUSED)

    def _check(
        self, request: HttpRequest, rows: QuerySet[Organisation], outcome: Organisation.Verification
    ) -> None:
        for row in rows:
            organisation_check(organisation=row, outcome=outcome, by=viewer_of(request).actor)

    def get_form(self, *args: Any, **kwargs: Any) -> type[OrganisationFormBase]:
        """The same rules for numbers as on the organisation's own page."""
        return super().get_form(*args, **kwargs | {"form": CheckedNumbers})
