"""The rules of paying partners. Standard library only.

Amounts are integer euro cents. In lines and payouts, positive is owed to the partner; a correction taken back from
the partner is negative. In the ledger, positive is a debit and negative a credit.
"""
