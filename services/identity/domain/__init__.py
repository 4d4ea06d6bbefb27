"""Who people are, how to reach them and what they may do: the rules, in the standard library only.

Reading order: `accounts` (kinds, states, the provisional password), `passwords`, `attempts` (growing delay),
`sessions`, `delegations`, `agents`, `terminals`, `codes`, `transfers`, `reminders`. Every "no" is in
`refusals`.
"""
