"""The rules of conventions: states, signing codes, the chain of evidence, the text. Standard library only."""
