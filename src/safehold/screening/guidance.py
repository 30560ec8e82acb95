"""How to report by hand, by jurisdiction, until reporting is part of Safehold.

A software designer's reading of the law, not legal advice: every text says to check with counsel. No addresses and no
telephone numbers, since they change and a wrong one would cost time; the named bodies publish theirs.
"""

from dataclasses import dataclass

from safehold.screening.errors import UnknownJurisdictionError

_ALSO_CALLED = {"uk": "gb"}
_NEVER = (
    "Do not open, view, copy, send or upload the material; do not delete anything before counsel has spoken. "
    "Keep the run's certificate and manifest: they show what was found without showing it."
)
_COUNSEL = "Check every step with counsel: this is not legal advice."


@dataclass(frozen=True, slots=True)
class Guidance:
    """What a person does next after a confirmed match.

    Attributes:
        jurisdiction: the key it was asked for under.
        authority: who is told.
        steps: what to do, in order.
    """

    jurisdiction: str
    authority: str
    steps: tuple[str, ...]


def jurisdictions() -> tuple[str, ...]:
    """Return every jurisdiction that there is a text on, "other" and "unset" among them."""
    return tuple(_TEXTS)


def known_jurisdiction(text: str) -> str:
    """Return the jurisdiction that a person means; "uk" is "gb", and capitals don't matter.

    Raises:
        UnknownJurisdictionError: there is no text on it.
    """
    name = text.strip().lower()
    name = _ALSO_CALLED.get(name, name)
    if name not in _TEXTS:
        known = ", ".join(one for one in _TEXTS if one != "unset")
        raise UnknownJurisdictionError(
            f"there is no guidance on the jurisdiction {text!r}",
            advice=f"Known are: {known}. `other` gives the steps that hold everywhere.",
        )
    return name


def guidance_for(jurisdiction: str) -> Guidance:
    """Return how to report by hand; for a jurisdiction that we hold nothing on, the general steps."""
    name = jurisdiction.strip().lower()
    authority, middle = _TEXTS.get(_ALSO_CALLED.get(name, name), _TEXTS["other"])
    return Guidance(jurisdiction, authority, tuple(" ".join(step.split()) for step in (_NEVER, *middle, _COUNSEL)))


_US_OWNER = (
    """The duty and the immunity of providers may not cover you; possession is a crime, with a narrow defence for fewer
    than three items promptly destroyed or reported, without anybody else's access (18 USC 2252A(d)).""",
    "Ask counsel today whether you report to NCMEC's CyberTipline or go to law enforcement.",
)
_US_PROVIDER = (
    """Report to NCMEC's CyberTipline as soon as reasonably possible after actual knowledge of an apparent violation
    (18 USC 2258A). Say that nobody viewed the file unless somebody did.""",
    """Preserve what you reported for one year from submission, with the fewest possible people having access
    (18 USC 2258A(h) as amended by the REPORT Act of 7 May 2024; 2258B(c)).""",
)
_GB = (
    """Regulated services report detected child sexual exploitation and abuse content to the National Crime Agency since
    7 April 2026, having registered first, unless their reports elsewhere (for instance to NCMEC) cover it
    (Online Safety Act 2023 s.66, SI 2026/268); keep the records for one year.""",
    "If you are no regulated service, ask counsel whether you go to the police or to the national hotline.",
)
_EU = (
    "Report to your country's hotline in the INHOPE network, or to the police.",
    "Hosting services tell law enforcement of a threat to life or safety at once (Digital Services Act, Art. 18).",
    """Data-protection authorities may ask for deletion at once (GDPR Art. 17), while evidence may be wanted: have
    counsel settle which comes first.""",
)
_DE = (
    *_EU,
    """In Germany holding evidence can itself be an offence, and a data-protection authority has said that such data
    must be deleted immediately: speak to counsel before anything else.""",
)
_OTHER = (
    "Report to your country's hotline (INHOPE lists its members) or to the police.",
    "Ask counsel whether you must keep the material, may keep it sealed, or must destroy it, and in which order.",
)
_TEXTS = {
    "us-provider": ("NCMEC CyberTipline", _US_PROVIDER),
    "us": ("counsel first; then NCMEC CyberTipline or law enforcement", _US_OWNER),
    "gb": ("National Crime Agency", _GB),
    "eu": ("national hotline (INHOPE) or police", _EU),
    "de": ("national hotline (INHOPE) or police", _DE),
    "other": ("national hotline (INHOPE) or police", _OTHER),
    "unset": ("counsel: the policy names no jurisdiction yet", _OTHER),
}
