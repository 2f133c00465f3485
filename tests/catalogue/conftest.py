"""Every test of the catalogue is made for every payload there is."""

import pytest

from catalogue.payloads import FOLDERS


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def folder(request):
    """The folder of a payload."""
    return request.param
