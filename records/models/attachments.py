"""Files of a record that are too large to stand in a row."""

import uuid

from django.db import models

from records.models.clinical import Patient


class Attachment(models.Model):
    """A sealed file in the storage, named by `id`; without its key it is noise."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    # Under the patient's key: the file's own key, and the SHA-256 of what is in it.
    sealed_key = models.BinaryField(blank=True)
    sealed_digest = models.BinaryField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["patient"], name="attachment_by_patient")]
