"""The written access matrix is the code's."""

from deploy import access
from gateway.app import create_app


def test_the_matrix_is_up_to_date():
    fresh = access.document(create_app(bus=object()))
    assert access.DOCUMENT.read_text() == fresh, "run: python -m deploy.access"
