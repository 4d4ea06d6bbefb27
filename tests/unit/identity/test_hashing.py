"""Hashes of passwords."""

from services.identity import hashing


def test_a_hash_is_argon2id_with_a_salt_of_its_own():
    first, second = hashing.hash_password("Trois-Chevaux-Bleus"), hashing.hash_password("Trois-Chevaux-Bleus")
    assert first.startswith("$argon2id$")
    assert first != second
    assert hashing.verify(first, "Trois-Chevaux-Bleus")
    assert not hashing.verify(first, "trois-chevaux-bleus")


def test_nobody_has_no_password():
    for password in ("", "x", "Trois-Chevaux-Bleus"):
        assert not hashing.verify(None, password)


def test_what_is_beyond_the_longest_password_counts():
    known = hashing.hash_password("a1-" * 42)
    assert hashing.verify(known, "a1-" * 42)
    assert not hashing.verify(known, "a1-" * 42 + "bb")
    assert not hashing.verify(known, "a1-" * 400)


def test_a_weaker_hash_is_seen_as_outdated():
    weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQxMjM$PqVZ0m5UyQwqJ2cHs8rG8g"
    assert hashing.is_outdated(weak)
    assert not hashing.is_outdated(hashing.hash_password("Trois-Chevaux-Bleus"))
