"""Addresses of the trail: for the person whose record it is, and for auditors."""

from django.urls import path

from oversight.views import cases, findings, readers, trail

urlpatterns = [
    path("my-health/readers/", readers.readers, name="my-readers"),
    path("my-health/readers/<int:pk>/wrong/", readers.wrong, name="reader-wrong"),
    path("my-health/questions/<uuid:pk>/", readers.question, name="my-question"),
    path("audit/", trail.search, name="audit-log"),
    path("audit/copy.<str:form>", trail.copy, name="audit-copy"),
    path("audit/findings/", findings.finding_list, name="findings"),
    path("audit/findings/<int:pk>/", findings.finding, name="finding"),
    path("audit/rules/", findings.rules, name="audit-rules"),
    path("audit/rules/<slug:name>/", findings.rule, name="audit-rule"),
    path("audit/cases/", cases.case_list, name="cases"),
    path("audit/cases/<uuid:pk>/", cases.case, name="case"),
]
