"""Build the optional native extension; everything else about the package is in pyproject.toml.

Where no compiler exists, or it fails, setuptools says so in one line and installs the package without the extension.
The numpy engine then does the same work, with the same results.
"""

import os
import sysconfig
from pathlib import Path

from setuptools import Extension, setup

FOLDER = Path("src", "safehold", "native")
LIMITED = not sysconfig.get_config_var("Py_GIL_DISABLED")  # builds without the lock have no limited interface yet
FLAGS = [] if os.name == "nt" else ["-std=gnu11", "-O3", "-Wall", "-Wextra"]

setup(
    ext_modules=[
        Extension(
            "safehold.native._kernels",
            sources=sorted(path.as_posix() for path in FOLDER.glob("*.c")),
            depends=sorted(path.as_posix() for path in FOLDER.glob("*.h")),
            define_macros=[("Py_LIMITED_API", "0x030B0000")] if LIMITED else [],
            py_limited_api=LIMITED,
            extra_compile_args=FLAGS,
            optional=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}} if LIMITED else {},
)
