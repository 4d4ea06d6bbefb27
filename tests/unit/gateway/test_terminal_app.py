"""What the SmartTPE app keeps for use without network."""

import re

from gateway.static_files import STATIC

FONT = re.compile(r'url\("\.\./(vendor/[\w-]+\.woff2)"\)')


def test_fonts_are_kept_under_the_names_by_which_the_styles_ask_for_them(visitor) -> None:
    asked = FONT.findall((STATIC / "css" / "tokens.css").read_text("utf-8"))
    kept = visitor.get("/terminal/service-worker.js").text
    assert len(asked) == 2
    assert [name for name in asked if f'"/static/{name}"' not in kept] == []
