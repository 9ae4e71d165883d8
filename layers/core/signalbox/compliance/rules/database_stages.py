"""The stages in which an encrypted copy takes a database's place, and those in which it gets the place back.

It gets another name before the snapshot that counts: it restarts, nobody finds it any more, and nothing is
written that the copy would lack. The copy gets the name at the end: from then on nothing is undone.
"""

from collections.abc import Sequence
from datetime import timedelta

from signalbox.compliance.model import Configuration, Resource
from signalbox.compliance.rules.database_state import database_in
from signalbox.compliance.rules.database_swap import (
    AHEAD,
    ENCRYPTED,
    FINAL,
    RENAMING,
    DatabaseSwap,
    delete_copy,
    delete_snapshot,
    encrypt,
    keep,
    keep_no_longer,
    modify,
    rename,
    restore,
    take,
)
from signalbox.compliance.rules.stages import Step, Ways

HOURS = timedelta(hours=12)  # for snapshots and their copies
A_RESTORATION = timedelta(hours=2)  # RDS loads the data later; then the first backup
# What a deletion can be asked for.
AT_REST = (
    "available", "failed", "incompatible-network", "incompatible-option-group", "incompatible-parameters",
    "incompatible-restore", "storage-full",
)  # fmt: skip


def _copy_is_called(swap: DatabaseSwap) -> bool:
    return swap.now.Copy is not None and swap.now.Copy.DBInstanceIdentifier == swap.name


def _is_modified(swap: DatabaseSwap) -> bool:
    return swap.now.Copy is not None and swap.now.Copy.Modified == swap.before.Modified


FORWARD: Sequence[Step[DatabaseSwap]] = (
    Step(
        name="the copy is renamed",
        is_needed=lambda swap: bool(swap.now.KeptSince) and swap.copy_is("renaming"),
        is_done=lambda swap: False,
        is_busy=lambda swap: True,
        write=lambda swap: rename(swap.new, swap.name),
        is_undoable=False,
    ),
    Step(
        name="a snapshot ahead, while the database serves",
        is_done=lambda swap: swap.has(AHEAD),
        is_busy=lambda swap: swap.snapshot(AHEAD) is not None,
        write=lambda swap: take(swap, AHEAD, swap.name),
        within=HOURS,
    ),
    Step(
        name="the database gets another name, which closes it",
        is_done=lambda swap: swap.called(swap.kept),
        is_busy=lambda swap: swap.now.DBInstanceStatus != "available",
        write=lambda swap: rename(swap.name, swap.kept),
    ),
    Step(
        name="the snapshot that counts",
        is_done=lambda swap: swap.has(FINAL),
        is_busy=lambda swap: swap.snapshot(FINAL) is not None,
        write=lambda swap: take(swap, FINAL, swap.kept),
        within=HOURS,
    ),
    Step(
        name="an encrypted copy of it",
        is_done=lambda swap: swap.has(ENCRYPTED),
        is_busy=lambda swap: swap.snapshot(ENCRYPTED) is not None,
        write=encrypt,
        within=HOURS,
    ),
    Step(
        name="an encrypted database of that",
        is_done=lambda swap: swap.now.Copy is not None and not swap.copy_is("creating"),
        is_busy=lambda swap: swap.now.Copy is not None,
        write=restore,
        within=A_RESTORATION,
    ),
    Step(
        name="the copy gets what cannot be restored",
        is_done=lambda swap: _is_modified(swap) or _copy_is_called(swap),
        is_busy=lambda swap: not swap.copy_is("available"),
        write=lambda swap: modify(swap.new, **swap.before.Modified),
        within=A_RESTORATION,
    ),
    Step(name="the database is kept", is_done=lambda swap: bool(swap.now.KeptSince), write=keep),
    Step(
        name="the copy gets the database's name",
        is_done=_copy_is_called,
        is_busy=lambda swap: not swap.copy_is("available"),
        write=lambda swap: rename(swap.new, swap.name),
        within=A_RESTORATION,
    ),
    Step(
        name="the copy serves",
        is_needed=_copy_is_called,
        is_done=lambda swap: not swap.copy_is(*RENAMING),
        is_busy=lambda swap: True,
        write=lambda swap: rename(swap.new, swap.name),
        is_undoable=False,
    ),
)

BACK: Sequence[Step[DatabaseSwap]] = (
    Step(
        name="the copy may be deleted",
        is_needed=lambda swap: swap.is_protected,
        is_done=lambda swap: swap.now.Copy is None or not swap.now.Copy.DeletionProtection,
        is_busy=lambda swap: not swap.copy_is("available"),
        write=lambda swap: modify(swap.copy_name, DeletionProtection=False),
        within=HOURS,
    ),
    Step(
        name="the copy is deleted",
        is_done=lambda swap: swap.now.Copy is None,
        is_busy=lambda swap: not swap.copy_is(*AT_REST),
        write=delete_copy,
        within=HOURS,
    ),
    Step(
        name="the database has its name again",
        is_done=lambda swap: swap.called(swap.name),
        is_busy=lambda swap: swap.now.DBInstanceStatus != "available",
        write=lambda swap: rename(swap.kept, swap.name),
    ),
    Step(
        name="the database is not kept any longer",
        is_done=lambda swap: not swap.now.KeptSince,
        write=keep_no_longer,
    ),
    Step(
        name="the snapshots are deleted",
        is_done=lambda swap: not swap.now.Snapshots,
        is_busy=lambda swap: swap.now.Snapshots[0].Status == "creating",
        write=delete_snapshot,
        within=HOURS,
    ),
)


def _swap(resource: Resource, before: Configuration, now: Configuration) -> DatabaseSwap:
    return DatabaseSwap(resource=resource, before=database_in(before), now=database_in(now))


def _remains(swap: DatabaseSwap) -> tuple[str, ...]:
    """The database under its other name, what has its name now, and what that was made of."""
    now = swap.now
    copies = (f"{each.DBInstanceIdentifier} (encrypted)" for each in (now.Copy,) if each)
    snapshots = (each.DBSnapshotIdentifier for each in now.Snapshots)
    return (f"{now.DBInstanceIdentifier} (not encrypted)", *copies, *snapshots)


WAYS = Ways(read=_swap, towards=FORWARD, back=BACK, remains=_remains)
