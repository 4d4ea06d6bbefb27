"""Every page that a role can open from its menus: accessible in both themes and widths, fits a small phone."""

import pytest

PUBLIC = (
    "/", "/login/partner", "/login/agent", "/mot-de-passe", "/partenaires", "/ressources", "/assistance",
    "/inscription",
    "/accessibilite", "/preferences", "/api/v1/docs", "/nulle-part", "/dev/components", "/dev/outbox", "/terminal/",
)  # fmt: skip
PARTNER = (
    "/tableau-de-bord", "/espace", "/compte", "/compte/informations", "/compte/mot-de-passe", "/compte/adresse",
    "/compte/portable", "/transactions/", "/transactions/nouvelle", "/delegues", "/delegues/ajouter", "/terminaux",
    "/terminaux/appairer", "/remboursements", "/convention", "/ressources", "/assistance",
)  # fmt: skip
AGENTS = ("instructor", "signatory", "preparer", "administrator")


def looks_at(someone, path: str) -> None:
    someone.open(path).checked()
    someone.page.set_viewport_size({"width": 320, "height": 640})
    someone.does_not_scroll_sideways()
    someone.page.set_viewport_size({"width": 1280, "height": 860})


@pytest.mark.timeout(300)
def test_public_pages(person) -> None:
    someone = person()
    for path in PUBLIC:
        looks_at(someone, path)
    assert someone.states_checked == len(PUBLIC)


@pytest.mark.timeout(300)
def test_partner_pages(person, labelled) -> None:
    someone = person()
    someone.signs_in(labelled.club.email, labelled.club.password, labelled.club.structure)
    menu = someone.page.locator(".section-nav a").evaluate_all("links => links.map(link => link.pathname)")
    for path in dict.fromkeys([*PARTNER, *menu]):
        if path != "/convention/document":
            looks_at(someone, path)
    assert someone.states_checked >= len(PARTNER)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("role", AGENTS)
def test_pages_of_the_caf(person, labelled, role: str) -> None:
    someone = person()
    someone.signs_in_as_agent(labelled.agent(role))
    menu = someone.page.locator(".section-nav a").evaluate_all("links => links.map(link => link.pathname)")
    assert len(menu) > 1
    for path in menu:
        looks_at(someone, path)
