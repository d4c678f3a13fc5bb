"""People as the API shows them."""

from rest_framework import serializers


class MeSerializer(serializers.Serializer[dict[str, object]]):
    """The person whose token or session it is."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    organisation = serializers.DictField(child=serializers.CharField(), allow_null=True)
