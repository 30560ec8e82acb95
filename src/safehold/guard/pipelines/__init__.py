"""Around a generating pipeline: prompts and pictures are checked before it runs, its pictures before they are returned.

What enters is any object that is called like those of diffusers, `pipe(prompt=…, image=…)`, and gives pictures; what
leaves is the same object behind a check. No library of models is imported: pictures are told by how they behave.

pipe = GuardedPipeline(pipe, guard)
pipe("a red cube").images                       # only after they were checked
"""

from safehold.guard.pipelines.inputs import InputRules
from safehold.guard.pipelines.pipeline import GuardedPipeline, OnRefusal

__all__ = ["GuardedPipeline", "InputRules", "OnRefusal"]
