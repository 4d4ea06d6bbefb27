"""Headers, cookies, compression and limits."""

import gzip
import re
from pathlib import Path

import pytest

from gateway import static_files


def test_policy_allows_nothing_inline_and_nobody_else(visitor) -> None:
    policy = visitor.get("/").headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


def test_web_assembly_is_allowed_on_the_scanner_only(sign_in, bus) -> None:
    bus.answers["transactions.partner"] = {"active": True, "establishments": []}
    client = sign_in("cashier")
    assert "wasm-unsafe-eval" in client.get("/transactions/nouvelle").headers["Content-Security-Policy"]
    assert "wasm-unsafe-eval" not in client.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "private, no-store"),
        ("Content-Type", "text/html; charset=utf-8"),
    ],
)
def test_each_page_carries(visitor, header: str, value: str) -> None:
    assert visitor.get("/").headers[header] == value


def test_strict_transport_is_asked_for_in_production_only(app) -> None:
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers
    app.config["PRODUCTION"] = True
    assert "max-age=63072000" in app.test_client().get("/").headers["Strict-Transport-Security"]


def test_forms_without_a_token_are_refused(app) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = app.test_client().post("/preferences", data={"language": "en", "appearance": "dark"})
    assert answer.status_code == 400
    assert "restée ouverte trop longtemps" in answer.text


def test_a_proxy_may_begin_the_trace(visitor) -> None:
    given = "0af7651916cd43dd8448eb211c80319c"
    answer = visitor.get("/", headers={"traceparent": f"00-{given}-b7ad6b7169203331-01"})
    assert answer.headers["X-Trace-Id"] == given


def test_pages_and_styles_are_compressed_for_those_who_can_read_it(visitor) -> None:
    for path in ("/", "/static/css/components.css"):
        squeezed = visitor.get(path, headers={"Accept-Encoding": "gzip"})
        assert squeezed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(squeezed.data) == visitor.get(path).data


def test_static_files_are_named_by_content_and_kept_for_a_year(visitor) -> None:
    address = re.search(r'href="(/static/css/tokens\.css\?v=[0-9a-f]{12})"', visitor.get("/").text)
    assert address
    assert "immutable" in visitor.get(address[1]).headers["Cache-Control"]
    assert visitor.get("/static/css/tokens.css").headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/css", "/static/none.css"])
def test_nothing_but_static_files_is_served(visitor, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_templates_hold_no_inline_script_style_or_handler() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE)
    guilty = [
        path.name for path in (static_files.ROOT / "templates").rglob("*.html")
        if path.parent.name != "mails" and inline.search(path.read_text("utf-8"))
    ]  # fmt: skip
    assert guilty == []


def test_pages_name_no_other_host() -> None:
    sources = [*Path(static_files.ROOT / "templates").rglob("*.html"), *(static_files.STATIC / "css").glob("*.css")]
    guilty = [
        path.name for path in sources if re.search(r"(src|href)=\"https?:|url\(\"?https?:", path.read_text("utf-8"))
    ]
    assert guilty == []


def test_links_are_links_however_they_look() -> None:
    templates = (static_files.ROOT / "templates").rglob("*.html")
    guilty = [path.name for path in templates if re.search(r"<a\b[^>]*role=\"button\"", path.read_text("utf-8"))]
    assert guilty == [], 'write <a class="button"> instead of <a role="button">'
