"""What an index holds is counted by what the entries say of themselves, without those that were taken back."""

from dataclasses import replace

import numpy as np
from tests.unit.matching.made_up import contents, part, rows, values

from safehold.matching import HARM_CLASSES, Index
from safehold.matching.parts.part import PartKind
from safehold.vocabulary import Algorithm, HarmClass

TEST = HARM_CLASSES.index(HarmClass.TEST)


def test_entries_count_by_their_own_class() -> None:
    listed = rows(Algorithm.SHA256, values(5))
    mixed = replace(listed, harm_class=np.array([TEST, TEST, *listed.harm_class[2:]], np.uint8))
    near = rows(Algorithm.PDQ, values(3, seed=1), first=5)
    index = Index.over([contents("b", part(mixed, near), harm_class=HarmClass.CSAM), contents("a")])
    assert index.class_counts() == ({}, {HarmClass.TEST: 2, HarmClass.CSAM: 6})


def test_entries_that_were_taken_back_count_as_none() -> None:
    listed = rows(Algorithm.SHA256, values(5))
    gone = rows(Algorithm.SHA256, values(5)[:2])
    bank = contents("a", part(listed), part(gone, kind=PartKind.WITHDRAW), harm_class=HarmClass.NCII)
    assert Index.over([bank]).class_counts() == ({HarmClass.NCII: 3},)
