# SPDX-License-Identifier: Apache-2.0
"""What every check is made of."""
CHECKS = []


class Check:
    def __init__(self, name, promise, remedy, look):
        self.name, self.promise, self.remedy, self.look = name, promise, remedy, look


def check(name, promise, remedy):
    """The function below looks at a Picture and gives what is wrong, in words; nothing when all is well."""
    def keep(look):
        CHECKS.append(Check(name, promise, remedy, look))
        return look

    return keep


def listed(value):
    return value if isinstance(value, list) else [value]


def differing(found, wanted):
    """'name is X, not Y' for every member of `wanted` that `found` has otherwise."""
    return "; ".join(f"{name} is {found.get(name)!r}, not {value!r}" for name, value in wanted.items() if found.get(name) != value)
