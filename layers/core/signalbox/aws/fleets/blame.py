"""Who is to blame when EC2 refuses a whole batch: told apart with as few calls as it takes."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from botocore.exceptions import BotoCoreError, ClientError

from signalbox.aws.errors import aws_errors, code_of
from signalbox.aws.fleets.answers import Tally, keeps_out, lacks_capacity, reason_of, stops_all
from signalbox.fleets.switches import Switched

# Halving alone finds one bad id among 1,000 with 21 calls; with more bad ones the rest comes back as later,
# so that a batch never takes more of the bucket than that.
_MOST_CALLS = 24
_UNFINISHED = "another in its batch was refused, and it was not asked for alone yet"
_WRONG_STATE = "IncorrectInstanceState"
_STRANGER = frozenset({
    "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "Blocked",
    "ExpiredToken", "InvalidClientTokenId", "OptInRequired", "PendingVerification",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How an instance is, and of whose capacity it needs a share (`m5.large in eu-west-1a`)."""

    state: str
    capacity: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Ids that are asked for together. `alike` when all need the same capacity; `seen` when those that
    cannot be asked for now have been taken out."""

    ids: tuple[str, ...]
    alike: str = ""
    seen: bool = False


class Batch:
    """One batch, with `call` for some ids of it and `look` for what they are."""

    def __init__(
        self, call: Callable[[Sequence[str]], object], look: Callable[[Sequence[str]], Mapping[str, Look]]
    ) -> None:
        self._call = call
        self._look = look
        self._tally = Tally()
        self._parts: deque[_Part] = deque()

    def ask(self, ids: Iterable[str]) -> Switched:
        """One call, when nobody is to blame. Raises Rejected when EC2 refuses whoever is asked for."""
        self._parts.append(_Part(ids=tuple(ids)))
        calls = 0
        while self._parts and calls < _MOST_CALLS:
            part = self._parts.popleft()
            calls += 1
            try:
                self._call(part.ids)
            except ClientError as error:
                self._refused(part, error)
            except BotoCoreError as error:
                self._all_wait(part, str(error))
            else:
                self._tally.accepted.extend(part.ids)
        for part in self._parts:
            self._tally.wait(part.ids, _UNFINISHED)
        return self._tally.switched()

    def _refused(self, part: _Part, error: ClientError) -> None:
        if keeps_out(error):
            with aws_errors():
                raise error
        if stops_all(error):
            self._all_wait(part, reason_of(error))
        elif lacks_capacity(error):
            self._without_capacity(part, error)
        elif code_of(error) == _WRONG_STATE and not part.seen:
            self._in_the_wrong_state(part, error)
        else:
            self._blame(part, error)

    def _all_wait(self, part: _Part, reason: str) -> None:
        """Nothing more is asked for now."""
        for each in (part, *self._parts):
            self._tally.wait(each.ids, reason)
        self._parts.clear()

    def _blame(self, part: _Part, error: ClientError) -> None:
        """Takes out whom the message names; halves when it names none."""
        message = str(error)
        named = tuple(id_ for id_ in part.ids if id_ in message) or (part.ids if len(part.ids) == 1 else ())
        if named and code_of(error) == _WRONG_STATE:
            self._tally.wait(named, reason_of(error))
        elif named:
            self._tally.refuse(named, reason_of(error))
        elif code_of(error) in _STRANGER:
            if not self._tally.accepted:
                with aws_errors():
                    raise error
            self._tally.refuse(part.ids, reason_of(error))
            return
        else:
            self._halve(part)
            return
        self._next(replace(part, ids=tuple(id_ for id_ in part.ids if id_ not in named)))

    def _in_the_wrong_state(self, part: _Part, error: ClientError) -> None:
        """EC2 names one at a time: one look finds them all."""
        looks = self._look(part.ids)
        for id_ in part.ids:
            state = looks[id_].state if id_ in looks else ""
            if state in {"pending", "stopping"}:
                self._tally.wait([id_], f"{_WRONG_STATE}: it is {state}")
            elif state not in {"running", "stopped"}:
                self._tally.refuse([id_], f"{_WRONG_STATE}: it is {state or 'gone'}")
        settled = {*self._tally.later, *self._tally.refused}
        self._next(replace(part, ids=tuple(id_ for id_ in part.ids if id_ not in settled), seen=True))

    def _without_capacity(self, part: _Part, error: ClientError) -> None:
        """Those who need other capacity are asked for by themselves, and of those who need the same, as many
        as there is room for."""
        if len(part.ids) == 1:
            alike = [each for each in self._parts if part.alike and each.alike == part.alike]
            for each in (part, *alike):
                self._tally.lack(each.ids, reason_of(error))
            self._parts = deque(each for each in self._parts if each not in alike)
        elif part.alike:
            self._halve(part)
        else:
            self._by_capacity(part)

    def _by_capacity(self, part: _Part) -> None:
        looks = self._look(part.ids)
        groups: dict[str, list[str]] = {}
        for id_ in part.ids:
            groups.setdefault(looks[id_].capacity if id_ in looks else id_, []).append(id_)
        parts = [replace(part, ids=tuple(ids), alike=alike) for alike, ids in groups.items()]
        if len(parts) == 1:
            self._halve(parts[0])
        else:
            self._parts.extendleft(reversed(parts))

    def _halve(self, part: _Part) -> None:
        middle = len(part.ids) // 2
        self._next(replace(part, ids=part.ids[middle:]))
        self._next(replace(part, ids=part.ids[:middle]))

    def _next(self, part: _Part) -> None:
        if part.ids:
            self._parts.appendleft(part)
