"""The driver's browser finds things as a person does: by visible words, and only inside the form it presses."""

import pytest

from deploy.driver.browser import NotThere, Page, Unwelcome

FORM = """
<h1>Étape 3</h1>
<form method="get" action="/search"><label for="q">Nom</label><input id="q" name="q"><button>Rechercher</button></form>
<form method="post" action="/next" enctype="multipart/form-data">
  <input type="hidden" name="csrf_token" value="t">
  <label for="n">Nom de la structure <span>(facultatif)</span></label><input id="n" name="name" value="avant">
  <label for="k">Type</label><select id="k" name="kind">
    <option value="1">Mairie</option><option value="2">Club</option></select>
  <label><input type="checkbox" name="activity" value="judo"><span>Judo</span></label>
  <label><input type="checkbox" name="activity" value="golf" checked><span>Golf</span></label>
  <label for="f">Statuts</label><input type="file" id="f" name="statutes">
  <button name="go" value="on">SUIVANT</button>
</form>
<table><tr><td>Jeanne</td><td><a href="/1">Voir</a></td></tr>
<tr><td>Paul</td><td><a href="/2">Voir</a></td></tr></table>
"""


class Recorder:
    """Stands where the network is."""

    def __init__(self, answer: str = "<h1>Suite</h1>") -> None:
        self.answer, self.sent, self.opened = answer, [], []

    def send(self, method, url, data, files):
        self.sent.append((method, url, data, files))
        return Page(self, url, 200, self.answer)

    def open(self, url):
        self.opened.append(url)
        return Page(self, url, 200, self.answer)


def page(recorder: Recorder, source: str = FORM) -> Page:
    return Page(recorder, "http://x.test/apply", 200, source)


def test_what_is_filled_is_sent_with_what_the_page_proposed() -> None:
    recorder = Recorder()
    file = ("statuts.pdf", b"%PDF", "application/pdf")
    page(recorder).press(
        "SUIVANT", {"Nom de la structure": "Judo Club", "Type": "Club"}, choose=["Judo"], upload={"Statuts": file}
    )
    ((method, url, data, files),) = recorder.sent
    assert (method, url, files) == ("post", "http://x.test/next", [("statutes", file)])
    assert sorted(data) == [
        ("activity", "golf"),
        ("activity", "judo"),
        ("csrf_token", "t"),
        ("go", "on"),
        ("kind", "2"),
        ("name", "Judo Club"),
    ]


def test_a_link_is_found_near_a_text() -> None:
    recorder = Recorder()
    page(recorder).follow("Voir", near="Paul")
    assert recorder.opened == ["http://x.test/2"]


@pytest.mark.parametrize(
    ("button", "fill"), [("CONTINUER", {}), ("SUIVANT", {"Prénom": "x"}), ("SUIVANT", {"Type": "Lycée"})]
)
def test_what_a_person_would_not_find_is_an_error(button: str, fill: dict[str, str]) -> None:
    with pytest.raises(NotThere):
        page(Recorder()).press(button, fill)


def test_errors_on_the_form_are_told() -> None:
    answer = '<div class="error-summary"><ul><li>IBAN invalide</li></ul></div>'
    with pytest.raises(Unwelcome, match="IBAN invalide"):
        page(Recorder(answer)).press("SUIVANT")
