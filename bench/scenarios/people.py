"""What the gate, row-level security and the audit trail each add to a read, on the same server."""

from bench.measure import Recorder
from bench.scenarios.web import a_read, as_superuser, measure
from core.acting import portal_acts
from portal.stack.processes import Processes

STEPS = ("bare", "signed-in", "gated", "locked", "audited")
AS_SUPERUSER = STEPS[:3]


def run(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """Each step on top of the last; shares are of the time of the whole read."""
    with portal_acts():
        wanted = a_read()
    rates: dict[str, list[float]] = {}
    for step in STEPS:
        surroundings = as_superuser(processes, env) if step in AS_SUPERUSER else env
        path = f"/{step}/{wanted.version}"
        rates[step] = measure(
            processes, surroundings, "granian_wsgi", "bench.ceiling:application", path,
            wanted.headers,
        )  # fmt: skip
        recorder.add("people", step.replace("-", "_"), rates[step], "1/s", max(rates["bare"]))
    whole = measure(
        processes, env, "granian_wsgi", "portal.wsgi:application", wanted.path, wanted.headers
    )
    recorder.add("people", "read", whole, "1/s", max(rates["bare"]))
    seconds = {step: 1 / max(found) for step, found in rates.items()}
    for name, step, before in (
        ("sign_in_share", "signed-in", "bare"),
        ("gate_share", "gated", "signed-in"),
        ("row_security_share", "locked", "gated"),
        ("audit_share", "audited", "locked"),
    ):
        share = (seconds[step] - seconds[before]) * max(whole)
        recorder.add("people", name, [share], "")
