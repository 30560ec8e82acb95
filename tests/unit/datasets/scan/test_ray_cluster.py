"""What can be said of the Ray engine without Ray; on a real cluster: tests/functional/datasets/test_ray.py."""

import pytest

from safehold.datasets.errors import NoNodeError, RayMissingError
from safehold.datasets.scan.ray_cluster import require_ray, require_reachable


def test_where_ray_is_missing_the_error_says_how_to_install_it() -> None:
    with pytest.raises(RayMissingError) as caught:
        require_ray(lambda _: None)
    assert "pip install 'safehold[ray]'" in caught.value.advice


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:10001", "local", "", "127.0.0.1", ":", "[::1]:1"])
def test_an_address_at_which_nobody_answers_or_that_is_none_ends_the_scan_at_once(address: str) -> None:
    with pytest.raises(NoNodeError) as caught:
        require_reachable(address)
    assert "HOST:PORT" in caught.value.advice
