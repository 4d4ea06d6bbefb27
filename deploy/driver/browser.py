"""A browser without JavaScript: follows links by their text, fills fields by their visible labels, presses buttons.

What it cannot find by a label, a person could not find either.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import requests
from lxml import html

TIMEOUT_S = 30
File = tuple[str, bytes, str]  # name, content, media type


class NotThere(Exception):
    """The page lacks what a person would look for; the message says what, and what the page says instead."""


class Unwelcome(Exception):
    """The platform answered with an error page or with errors on the form; `page` is what the person sees then."""

    def __init__(self, message: str, page: "Page | None" = None) -> None:
        super().__init__(message)
        self.page = page


def plain(text: str | None) -> str:
    """Text as a person compares it: one space between words, straight apostrophes, no ornaments."""
    joined = re.sub(r"[\s\u00a0\u202f]+", " ", (text or "").replace("’", "'"))
    return re.sub(r"\s*(\(facultatif\)|\*)\s*$", "", joined).strip()


def words_of(node: Any) -> str:
    return plain(node.text_content())


class Browser:
    """One person's browser: cookies, the page in view, and nothing else."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._session = requests.Session()
        self._session.headers["User-Agent"] = "Mozilla/5.0 (psl demonstration)"
        self._session.headers["Accept-Language"] = "fr"

    def open(self, path: str) -> "Page":
        """The page at a path or an address."""
        return self._page(self._session.get(urljoin(self.base_url, path), timeout=TIMEOUT_S))

    def download(self, path: str) -> requests.Response:
        """A document behind a link, as it comes. Raises Unwelcome."""
        response = self._session.get(urljoin(self.base_url, path), timeout=TIMEOUT_S)
        if response.status_code != 200:
            raise Unwelcome(f"{path}: HTTP {response.status_code}")
        return response

    def answer(
        self, method: str, path: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """The answer as it comes, whatever it is; where it leads to isn't followed."""
        url = urljoin(self.base_url, path)
        return self._session.request(
            method, url, data=form, headers=dict(headers or {}), allow_redirects=False, timeout=TIMEOUT_S
        )

    def send(self, method: str, url: str, data: list[tuple[str, str]], files: list[tuple[str, File]]) -> "Page":
        """What a form sends; a form with files goes as multipart."""
        if method == "get":
            return self._page(self._session.get(url, params=data, timeout=TIMEOUT_S))
        return self._page(self._session.post(url, data=data, files=files or None, timeout=TIMEOUT_S))

    def _page(self, response: requests.Response) -> "Page":
        page = Page(self, response.url, response.status_code, response.text)
        if response.status_code >= 400:
            raise Unwelcome(f"{response.url}: HTTP {response.status_code}: {page.errors() or page.heading()}", page)
        return page


@dataclass
class Page:
    """A page in view."""

    browser: Browser
    url: str
    status: int
    source: str

    def __post_init__(self) -> None:
        self.document = html.document_fromstring(self.source or "<html></html>", base_url=self.url)

    @property
    def text(self) -> str:
        """All that is visible."""
        return words_of(self.document)

    def heading(self) -> str:
        found = self.document.xpath("//h1")
        return words_of(found[0]) if found else self.text[:200]

    def errors(self) -> list[str]:
        """What the page reproaches the last input with."""
        found = self.document.xpath("//*[contains(@class,'error-summary')]//li | //*[contains(@class,'field-error')]")
        return list(dict.fromkeys(filter(None, map(words_of, found))))

    def expect(self, *texts: str) -> "Page":
        """This page, if it shows each text. Raises NotThere."""
        for text in texts:
            if plain(text) not in self.text:
                raise NotThere(f"{self.url} does not show «{text}»; {self.errors() or self.heading()}")
        return self

    def links(self, text: str, near: str | None = None) -> list[str]:
        """The addresses behind links that say `text`, exactly or among other words."""
        nodes = [node for node in self._scope(near).iter("a") if node.get("href")]
        exact = [node for node in nodes if words_of(node) == plain(text)]
        matching = exact or [node for node in nodes if plain(text) in words_of(node)]
        return [urljoin(self.url, node.get("href")) for node in matching]

    def follow(self, text: str, near: str | None = None) -> "Page":
        """Click the link that says `text`. Raises NotThere."""
        found = self.links(text, near)
        if not found:
            raise NotThere(f"no link «{text}» on {self.url} ({self.heading()})")
        return self.browser.open(found[0])

    def press(
        self,
        button: str,
        fill: Mapping[str, str] | None = None,
        *,
        choose: Iterable[str] = (),
        upload: Mapping[str, File] | None = None,
        near: str | None = None,
    ) -> "Page":
        """Fill, choose and upload by label, then press the button that says `button`.

        `near` limits the search to the smallest part of the page with that text. Raises NotThere, Unwelcome.
        """
        form, control = self._button(button, near)
        filled = Filled(self, form)
        for label, value in (fill or {}).items():
            filled.write(label, value)
        for label in choose:
            filled.tick(label)
        for label, file in (upload or {}).items():
            filled.attach(label, file)
        if control.get("name"):
            filled.data.append((control.get("name"), control.get("value") or ""))
        action = control.get("formaction") or form.get("action") or self.url
        page = self.browser.send(
            (form.get("method") or "get").lower(), urljoin(self.url, action), filled.data, filled.files
        )
        if page.errors():
            raise Unwelcome(f"«{button}» on {self.url}: {'; '.join(page.errors())}", page)
        return page

    def has_button(self, text: str) -> bool:
        """Whether there is a button that says `text`, exactly or among other words."""
        return any(plain(text) in words_of(node) for node in self.document.iter("button"))

    def _scope(self, near: str | None) -> Any:
        """The smallest element that holds the text together with something to press or follow."""
        if near is None:
            return self.document
        holding = [node for node in self.document.iter() if isinstance(node.tag, str) and self._acts(node, near)]
        if not holding:
            raise NotThere(f"«{near}» is not on {self.url} ({self.heading()})")
        return holding[-1]

    def _acts(self, node: Any, near: str) -> bool:
        return plain(near) in words_of(node) and bool(node.xpath(".//a[@href] | .//button | .//input"))

    def _button(self, text: str, near: str | None) -> tuple[Any, Any]:
        scope = self._scope(near)
        buttons = scope.xpath(".//button | .//input[@type='submit']")
        named = [(words_of(node) or plain(node.get("value")), node) for node in buttons]
        exact = [node for words, node in named if words == plain(text)]
        matching = exact or [node for words, node in named if plain(text) in words]
        for node in matching:
            form = self._form_of(node)
            if form is not None:
                return form, node
        raise NotThere(f"no button «{text}» on {self.url} ({self.heading()}); there are {[w for w, _ in named]}")

    def _form_of(self, node: Any) -> Any:
        if node.get("form"):
            return next(iter(self.document.xpath("//form[@id=$id]", id=node.get("form"))), None)
        return next(node.iterancestors("form"), None)


class Filled:
    """The content of one form: what the page proposed, changed by what a person entered."""

    def __init__(self, page: Page, form: Any) -> None:
        self._page, self._form = page, form
        self.data: list[tuple[str, str]] = [(name, value) for name, value in form.form_values() if value is not None]
        self.files: list[tuple[str, File]] = []

    def write(self, label: str, value: str) -> None:
        """Enter text in the field, or choose the option with that text or value."""
        control = self._control(label)
        if control.tag == "select":
            value = self._option(control, label, value)
        self._set(control.get("name"), value)

    def tick(self, label: str) -> None:
        """Tick the box, or choose the radio button."""
        control = self._control(label)
        name, value = control.get("name"), control.get("value") or "on"
        if control.get("type") == "radio":
            self._set(name, value)
        elif (name, value) not in self.data:
            self.data.append((name, value))

    def attach(self, label: str, file: File) -> None:
        """Choose a file."""
        self.files.append((self._control(label).get("name"), file))

    def _set(self, name: str, value: str) -> None:
        self.data = [(key, old) for key, old in self.data if key != name] + [(name, value)]

    def _option(self, select: Any, label: str, wanted: str) -> str:
        options = [(words_of(option), option.get("value") or "") for option in select.iter("option")]
        for words, value in options:
            if plain(wanted) in (words, value):
                return value
        for words, value in options:
            if plain(wanted) in words:
                return value
        raise NotThere(f"«{label}» has no choice «{wanted}»; there are {[words for words, _ in options]}")

    def _control(self, label: str) -> Any:
        """The field of a label; «Règle 2 › Montant» means the one in the group that is called so."""
        group, inside, label = label.rpartition(" › ")
        labels = [(words_of(node), node) for node in (self._group(group) if inside else self._form).iter("label")]
        for fits in (str.__eq__, str.startswith, str.__contains__):
            for words, node in labels:
                if fits(words, plain(label)) and (control := self._labelled(node)) is not None:
                    return control
        raise NotThere(f"no field «{label}» on {self._page.url}; there are {[words for words, _ in labels]}")

    def _group(self, legend: str) -> Any:
        for node in self._form.iter("legend"):
            if words_of(node) == plain(legend):
                return node.getparent()
        raise NotThere(f"no group «{legend}» on {self._page.url}")

    def _labelled(self, node: Any) -> Any:
        if node.get("for"):
            found = self._form.xpath(".//*[@id=$id]", id=node.get("for"))
            return found[0] if found else None
        found = node.xpath(".//input | .//select | .//textarea")
        return found[0] if found else None
