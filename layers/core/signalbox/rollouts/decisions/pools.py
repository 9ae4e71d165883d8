"""Warm pools: what waits in one was launched at the version that its group had then."""

from signalbox.rollouts.estate import Group
from signalbox.rollouts.scene import Decision, wait, write
from signalbox.rollouts.writes import Write, delete_warm_pool, put_warm_pool, set_group

LOOK_AGAIN = 10  # seconds: AWS tells of instances that leave a pool, not of the pool


def launching(  # noqa: PLR0913 - the sizes are those of set_group
    group: Group,
    version: str,
    *,
    means: str | None = None,
    min_size: int | None = None,
    max_size: int | None = None,
    desired: int | None = None,
) -> tuple[Write, ...]:
    """The group launches that version, `means` its number. From a pool of another one it would not: that goes
    first, and `refilled` brings it back."""
    stale = bool(group.warm_pool) and group.resolved_version != (means or version)
    return (
        *([delete_warm_pool(group.name)] if stale else []),
        set_group(group, version=version, min_size=min_size, max_size=max_size, desired=desired),
    )


def refilled(group: Group, before: Group) -> Decision | None:
    """The warm pool as it was before, of the version that the group launches now; None when it is there."""
    if group.warm_pool or not before.warm_pool:
        return None
    if group.warm_pool_going:
        return wait(f"what waited in the warm pool of {group.name} terminates", LOOK_AGAIN)
    return write(f"the warm pool of {group.name} fills again", put_warm_pool(group.name, before.warm_pool))
