"""Nothing about a person is kept that the copy of their data does not know of."""

import pytest
from django.apps import apps
from django.db.models import ForeignKey, Model, OneToOneField

from accounts.models import User
from core.registry import registry
from records.models import Patient

# What names a person without a foreign key.
NAMED = {
    "actor_id", "person_id", "subject", "owner_id", "user_id", "opened_by_id", "taken_by_id",
    "answered_by_id", "settled_by_id",
}  # fmt: skip
# With the reason why it is not handed out.
EXEMPT = {
    "admin.LogEntry",  # in the account's file, under "administration"
    "accounts.User_groups",  # Django's own; Salus uses no groups
    "accounts.User_user_permissions",
    "oversight.Finding",  # who is looked into must not learn of it from here
}


def names_a_person(model: type[Model]) -> bool:
    for field in model._meta.get_fields():
        if isinstance(field, ForeignKey | OneToOneField) and field.related_model in (User, Patient):
            return True
        if getattr(field, "attname", "") in NAMED and not field.is_relation:
            return True
    return False


KNOWN = {model for data in registry.personal_data for model in data.models}
PERSONAL = [m for m in apps.get_models(include_auto_created=True) if names_a_person(m)]


def test_there_are_such_models():
    assert len(PERSONAL) > 15


@pytest.mark.parametrize("model", PERSONAL, ids=lambda model: model._meta.label)
def test_every_model_with_personal_data_is_in_somebodys_copy(model: type[Model]):
    assert model in KNOWN or model._meta.label in EXEMPT, (
        f"{model._meta.label} names a person: hand it out in its app's PersonalData"
    )


def test_each_apps_files_lie_in_a_folder_of_their_own():
    keys = [data.key for data in registry.personal_data]
    assert len(keys) == len(set(keys))
