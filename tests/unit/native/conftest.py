import pytest

from safehold.native import Kernels, kernels


@pytest.fixture
def native() -> Kernels:
    found = kernels()
    if found is None:
        pytest.skip("the native extension was not built, or SAFEHOLD_ENGINE=numpy")
    return found
