"""The rules of passes and transactions. Standard library only; amounts in euro cents, days in Europe/Paris.

`refusals`: every "no" by name · `days`: business days · `states`: the life of a transaction · `scans`: may this pass be
debited? · `codes`: what a QR and a typed code hold · `seasons`: amounts by age and quotient · `ledger`: movements that
sum to zero · `rows`: one line of a beneficiaries file.
"""
