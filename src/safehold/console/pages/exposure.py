"""Own exposure: what somebody was shown, for their eyes alone; and what they would rather not be given."""

from starlette.responses import Response

from safehold.cases import Form
from safehold.cases.exposure import OptOut
from safehold.console.errors import RefusedError
from safehold.console.page import Page
from safehold.console.pages.queues import member
from safehold.console.visit import PageVisit

_ASKED = (Form.IMAGE, Form.VIDEO, Form.AUDIO, Form.TEXT, Form.FILE, Form.LINK)


def show_own(visit: PageVisit) -> Response:
    """Show somebody their own figures; there is no page that shows them to anybody else."""
    casework = visit.console.casework
    return visit.page(
        "exposure/own.html",
        figures=casework.exposures.own(visit.person),
        rules=casework.exposures.rules,
        forms_of_content=_ASKED,
        queues=[one for one in casework.queues.definitions() if one.admits(visit.person)],
        titles={one.name: one.title for one in casework.queues.definitions()},
    )


def choose(visit: PageVisit) -> Response:
    """Opt out of content of a form or of a queue, or back in. It needs no reason and is told to nobody."""
    form, queue = member(Form, visit.form.get("form")), visit.form.get("queue", "")
    known = {one.name for one in visit.console.casework.queues.definitions()} | {""}
    if queue not in known or (form is None and not queue):
        raise RefusedError(400, "Say what you would rather not see", advice="Choose a form of content, or a queue.")
    choice = OptOut(form, queue)
    if visit.form.get("what") == "in":
        visit.console.casework.exposures.opt_in(visit.person, choice)
        return visit.go("/me/exposure", notice="You can be given this again.")
    visit.console.casework.exposures.opt_out(visit.person, choice)
    return visit.go("/me/exposure", notice="You won't be given this from now on.")


PAGES = (
    Page("GET", "/me/exposure", show_own),
    Page("POST", "/me/exposure", choose),
)
