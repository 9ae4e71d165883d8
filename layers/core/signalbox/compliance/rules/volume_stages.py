"""The stages in which an encrypted copy takes a volume's place, and those in which the volume gets it back.

The instance stands still before the snapshot that counts: what it wrote later would be lost. A snapshot ahead
of that makes the second one short. The instance starts last: no undo throws away what it has written since.
"""

from collections.abc import Sequence
from datetime import timedelta

from signalbox.compliance.model import Configuration, Resource
from signalbox.compliance.rules.stages import Step, Ways
from signalbox.compliance.rules.volume_state import AHEAD, FINAL, Attachment, Snapshot, volume_in
from signalbox.compliance.rules.volume_swap import (
    Swap,
    create_copy,
    delete_copy,
    delete_snapshot,
    delete_with_instance,
    hold,
    keep,
    keep_no_longer,
    of_instance,
    put,
    release,
    snapshot,
)

# The first snapshot of a large volume takes hours.
UNTIL_A_SNAPSHOT = timedelta(hours=12)


def _is_pending(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and snapshot.State != "completed"


def _is_completed(snapshot: Snapshot | None) -> bool:
    return snapshot is not None and snapshot.State == "completed"


def _is(attachment: Attachment | None, *states: str) -> bool:
    return attachment is not None and attachment.State in states


def _must_stop(swap: Swap) -> bool:
    """Also when somebody has started it since."""
    return swap.is_attached and (swap.was_running or not swap.stands("stopped"))


FORWARD: Sequence[Step[Swap]] = (
    Step(
        name="the instance is held",
        is_needed=lambda swap: swap.is_attached,
        is_done=lambda swap: swap.held_for == swap.finding or _is(swap.copy_here, "attached"),
        is_busy=lambda swap: bool(swap.held_for),
        write=hold,
        within=UNTIL_A_SNAPSHOT,
    ),
    Step(
        name="a snapshot ahead, while the instance runs",
        is_needed=lambda swap: swap.was_running,
        is_done=lambda swap: _is_completed(swap.taken(AHEAD)),
        is_busy=lambda swap: _is_pending(swap.taken(AHEAD)),
        write=lambda swap: snapshot(swap, AHEAD),
        within=UNTIL_A_SNAPSHOT,
    ),
    Step(
        name="the instance stops",
        is_needed=_must_stop,
        is_done=lambda swap: swap.stands("stopped") or _is(swap.copy_here, "attached"),
        is_busy=lambda swap: swap.stands("stopping"),
        write=lambda swap: of_instance("StopInstances", swap),
    ),
    Step(
        name="the snapshot that counts",
        is_done=lambda swap: _is_completed(swap.final) or _is(swap.copy_here, "attached"),
        is_busy=lambda swap: _is_pending(swap.final),
        write=lambda swap: snapshot(swap, FINAL),
        within=UNTIL_A_SNAPSHOT,
    ),
    Step(
        name="an encrypted copy",
        is_done=lambda swap: swap.copy is not None and swap.copy.State in ("available", "in-use"),
        is_busy=lambda swap: swap.copy is not None,
        write=create_copy,
    ),
    Step(
        name="the volume is detached",
        is_needed=lambda swap: swap.is_attached,
        is_done=lambda swap: not swap.now.Attachments,
        is_busy=lambda swap: _is(swap.volume_here, "detaching", "busy"),
        write=lambda swap: put("DetachVolume", swap.resource.id, swap),
    ),
    Step(
        name="the copy is attached in its place",
        is_needed=lambda swap: swap.is_attached,
        is_done=lambda swap: _is(swap.copy_here, "attached"),
        is_busy=lambda swap: _is(swap.copy_here, "attaching"),
        write=lambda swap: put("AttachVolume", swap.copy_id, swap),
    ),
    Step(
        name="the copy goes with its instance, as the volume did",
        is_needed=lambda swap: swap.is_attached and swap.place.DeleteOnTermination,
        is_done=lambda swap: swap.copy_here is not None and swap.copy_here.DeleteOnTermination,
        write=delete_with_instance,
    ),
    Step(name="the volume is kept", is_done=lambda swap: bool(swap.now.KeptSince), write=keep),
    Step(
        name="the instance starts",
        is_needed=lambda swap: swap.was_running,
        is_done=lambda swap: swap.stands("running"),
        is_busy=lambda swap: swap.stands("pending", "stopping"),
        write=lambda swap: of_instance("StartInstances", swap),
    ),
    Step(
        name="the instance is held no longer",
        is_needed=lambda swap: swap.is_attached,
        is_done=lambda swap: swap.held_for != swap.finding,
        write=release,
        is_undoable=False,
    ),
)

BACK: Sequence[Step[Swap]] = (
    Step(
        name="the instance stops",
        is_needed=_must_stop,
        is_done=lambda swap: swap.stands("stopped") or _is(swap.volume_here, "attached"),
        is_busy=lambda swap: swap.stands("stopping"),
        write=lambda swap: of_instance("StopInstances", swap),
    ),
    Step(
        name="the copy is detached",
        is_needed=lambda swap: swap.is_attached,
        is_done=lambda swap: swap.copy is None or not swap.copy.Attachments,
        is_busy=lambda swap: _is(swap.copy_here, "detaching", "busy"),
        write=lambda swap: put("DetachVolume", swap.copy_id, swap),
    ),
    Step(
        name="the volume is attached again",
        is_needed=lambda swap: swap.is_attached,
        is_done=lambda swap: _is(swap.volume_here, "attached"),
        is_busy=lambda swap: bool(swap.now.Attachments),
        write=lambda swap: put("AttachVolume", swap.resource.id, swap),
    ),
    Step(
        name="the volume goes with its instance again",
        is_needed=lambda swap: swap.is_attached and swap.place.DeleteOnTermination,
        is_done=lambda swap: swap.volume_here is not None and swap.volume_here.DeleteOnTermination,
        write=delete_with_instance,
    ),
    Step(
        name="the volume is not kept any longer",
        is_done=lambda swap: not swap.now.KeptSince,
        write=keep_no_longer,
    ),
    Step(
        name="the instance starts again",
        is_needed=lambda swap: swap.was_running,
        is_done=lambda swap: swap.stands("running"),
        is_busy=lambda swap: swap.stands("pending", "stopping"),
        write=lambda swap: of_instance("StartInstances", swap),
    ),
    Step(
        name="the copy is deleted",
        is_done=lambda swap: not swap.now.Copies,
        is_busy=lambda swap: swap.now.Copies[0].State == "creating",
        write=delete_copy,
    ),
    Step(
        name="the snapshots are deleted",
        is_done=lambda swap: not swap.now.Snapshots,
        write=delete_snapshot,
    ),
    Step(
        name="the instance is held no longer",
        is_needed=lambda swap: swap.is_attached,
        is_done=lambda swap: swap.held_for != swap.finding,
        write=release,
    ),
)


def _swap(resource: Resource, before: Configuration, now: Configuration) -> Swap:
    return Swap(resource=resource, before=volume_in(before), now=volume_in(now))


def _remains(swap: Swap) -> tuple[str, ...]:
    """The volume as it was, what has taken its place, and what that was made of."""
    copies = (f"{each.VolumeId} (encrypted)" for each in swap.now.Copies)
    snapshots = (each.SnapshotId for each in swap.now.Snapshots)
    return (f"{swap.resource.id} (not encrypted)", *copies, *snapshots)


WAYS = Ways(read=_swap, towards=FORWARD, back=BACK, remains=_remains)
