"""Actor tokens: who may say what, for how long, and that nothing forged passes."""

import pytest

from services.chassis import actor, keys, serializer
from services.chassis.refusals import Refused


def issue(*roles, issuer="identity", **options):
    token, _ = actor.issue(roles, issuer=issuer, **options)
    return token


def test_a_genuine_token_tells_who_asks():
    found = actor.verify(issue("manager", account_id="a-1", scope={"structure_id": "s-1", "terminal_id": ""}))
    assert (found.roles, found.account_id, dict(found.scope)) == ({"manager"}, "a-1", {"structure_id": "s-1"})


@pytest.mark.parametrize(
    ("issuer", "roles"),
    [
        ("gateway", ["manager"]),
        ("gateway", ["visitor", "manager"]),
        ("gateway", ["service:gateway"]),
        ("payouts", ["releaser"]),
        ("payouts", ["service:identity"]),
        ("payouts", ["visitor"]),
        ("identity", ["service:payouts"]),
        ("identity", []),
    ],
)
def test_nobody_may_say_more_than_is_theirs(issuer, roles):
    with pytest.raises(actor.ActorInvalid):
        actor.verify(issue(*roles, issuer=issuer))


@pytest.mark.parametrize(
    ("issuer", "roles"),
    [("gateway", ["visitor"]), ("payouts", ["service:payouts"]), ("identity", ["agent", "releaser"])],
)
def test_everybody_may_say_what_is_theirs(issuer, roles):
    assert actor.verify(issue(*roles, issuer=issuer)).roles == set(roles)


def test_an_expired_token_is_invalid_even_if_it_was_verified_before():
    token = issue("manager", lifetime_s=0.05)
    try:
        actor.verify(token)
    except actor.ActorInvalid:
        return
    from deploy.local.waiting import wait_for

    def refused():
        try:
            actor.verify(token)
        except actor.ActorInvalid:
            return True
        return False

    wait_for(refused, "the token expires", 2, every_s=0.01)


@pytest.mark.parametrize("token", [None, "", "x", "x.y", "e30.e30", ".", "é.é"])
def test_rubbish_is_invalid(token):
    with pytest.raises(actor.ActorInvalid):
        actor.verify(token)


def test_one_changed_character_makes_a_token_invalid():
    token = issue("manager")
    for position in range(0, len(token), 7):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        if changed.rstrip("=") == token:
            continue
        with pytest.raises(actor.ActorInvalid):
            actor.verify(changed)


def test_a_token_signed_with_another_issuers_key_is_invalid():
    body = keys.encode(serializer.dumps({"roles": ["manager"], "iss": "identity", "kid": "nope", "exp": 9e9}).encode())
    signature = keys.keyring("gateway", "actor").current.signer().sign(body.encode())
    with pytest.raises(actor.ActorInvalid):
        actor.verify(f"{body}.{keys.encode(signature)}")


def test_a_proof_serves_its_account_and_its_act_only():
    asking = actor.verify(issue("releaser", account_id="a-1"))
    proof = actor.issue_proof("a-1", "release")
    assert actor.verify_proof(proof, asking, "release")
    stranger = actor.verify(issue("releaser", account_id="a-2"))
    for who, act, shown in [
        (asking, "iban", proof),
        (stranger, "release", proof),
        (asking, "release", None),
        (asking, "release", issue("releaser", account_id="a-1")),
    ]:
        with pytest.raises(Refused) as refused:
            actor.verify_proof(shown, who, act)
        assert refused.value.code == "step_up_required"
