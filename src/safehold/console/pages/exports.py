"""Exports of a case: for law enforcement, sealed and complete; for auditors, without content or identities.

Two pages, two abilities, and no page for both: what is made for one is never in reach of the other.
"""

from starlette.responses import Response, StreamingResponse

from safehold.cases import Ability, CaseId
from safehold.console.page import Entry, Page
from safehold.console.visit import PageVisit
from safehold.vault import VaultError


def show_law_export(visit: PageVisit) -> Response:
    """Ask whom an export for law enforcement is for."""
    return _law(visit)


def make_law_export(visit: PageVisit) -> Response:
    """Give an export for law enforcement, sealed to its recipient."""
    case = _case(visit)
    try:
        parts = visit.console.exporter.law(visit.person, case, visit.form.get("recipient", "").strip())
    except VaultError:
        return _law(visit, "That is no recipient's key: it begins with safehold-recipient: and comes from them.")
    return StreamingResponse(parts, headers=_headers(f"{case}.law"), media_type="application/octet-stream")


def show_audit_export(visit: PageVisit) -> Response:
    """Say what an export for auditors holds."""
    return visit.page("exports/audit.html", case=visit.console.casework.cases.show(_case(visit)))


def make_audit_export(visit: PageVisit) -> Response:
    """Give an export for auditors."""
    case = _case(visit)
    return _file(visit.console.exporter.audit(visit.person, case), f"{case}.audit.jsonl", "application/x-ndjson")


def _case(visit: PageVisit) -> CaseId:
    """Return the id of a case that there is."""
    return CaseId(visit.console.casework.cases.show(CaseId(visit.path["case"])).id)


def _law(visit: PageVisit, problem: str = "") -> Response:
    return visit.page(
        "exports/law.html",
        status=422 if problem else 200,
        case=visit.console.casework.cases.show(_case(visit)),
        opens_content=visit.console.exporter.opens_content,
        problem=problem,
    )


def _file(data: bytes, name: str, kind: str) -> Response:
    return Response(data, headers=_headers(name), media_type=kind)


def _headers(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


PAGES = (
    Page("GET", "/cases/{case}/export", show_law_export, needs=Ability.EXPORT_LAW),
    Page("POST", "/cases/{case}/export", make_law_export, needs=Ability.EXPORT_LAW, entry=Entry.STEPPED_UP),
    Page("GET", "/cases/{case}/audit", show_audit_export, needs=Ability.EXPORT_AUDIT),
    Page("POST", "/cases/{case}/audit", make_audit_export, needs=Ability.EXPORT_AUDIT),
)
