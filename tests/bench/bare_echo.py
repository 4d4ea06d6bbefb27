"""Stock nameko, nothing of ours: the reference for one RPC (`nameko run`)."""

from nameko.rpc import rpc


class BareEcho:
    """Answers what it is asked."""

    name = "bare_echo"

    @rpc
    def echo(self, word):
        return word
