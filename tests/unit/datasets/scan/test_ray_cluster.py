"""What can be said of the Ray engine without Ray; on a real cluster: tests/functional/datasets/test_ray.py."""

import pytest

from safehold.datasets.errors import RayMissingError
from safehold.datasets.scan.ray_cluster import require_ray


def test_where_ray_is_missing_the_error_says_how_to_install_it() -> None:
    with pytest.raises(RayMissingError) as caught:
        require_ray(lambda _: None)
    assert "pip install 'safehold[ray]'" in caught.value.advice
