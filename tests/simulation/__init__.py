"""Every fault, tried: whole rollouts in one process, on one thread, in virtual time.

The real handlers, the real state machine and the real rules of template.yaml run on moto, which answers
inside of botocore. Whoever waits is a fiber; the hub moves the clock to what is due next (`fibers`), so that
a day of waiting takes no time and every run can be repeated. At each AWS call of a function one fault is
injected (`faults`, `walk`, `points`), people and others do something (`interventions`, `outsiders`), or many
things happen at once (`storms`); an observer looks at AWS itself after every write (`observer`), and at what
is left in the end (`aftermath`). A new preset, platform or router joins by its line in `cases`.

Fleets are another capability in the same universe: a week (`fleet_week`, `fleet_play`) of two of them
(`fleet_part`) among instances, groups, databases and other kinds that take their time (`fleet_estate`,
`fleet_kinds`, `power`, `kinds_power`), with people who switch some of it by hand (`fleet_strays`), and with
an observer of their own (`fleet_observer`, `fleet_aftermath`).

Compliance is a third one: a resource that is not as its rule says (`compliance_play`, `compliance_part`),
what people and owners do to it (`compliance_people`), what keeps a fix from being proven
(`compliance_unproven`), or has it wait for a window (`compliance_windows`), and who looks at it past every
API (`compliance_estate`, `compliance_observer`, `compliance_aftermath`), at several at once
(`compliance_crowd`).

What is asserted, and where:

| | invariant | looked at |
| --- | --- | --- |
| I1 | shares sum to 100, none is negative, no third version has traffic | observer |
| I2 | healthy capacity behind the traffic is never below the health floor | observer |
| I3 | one ending, told once, in time, never with a bad version; stuck only if AWS refuses; paged | all |
| I4 | the old version keeps its instances until the new one has been watched | observer |
| I5 | one live rollout a service and a target, with its locks; nothing is left of them | both |
| I6 | each event is applied once and told to the bus | aftermath |
| I7 | a restore leaves what was there before, a success the new version and nothing else | aftermath, play |
| I8 | who writes to the estate has written that down before; the chain of hashes holds | play, aftermath |
| I9 | nothing goes that Signalbox did not make; of rules and records only weights change | both |
| I10 | no item, payload or history comes near its limit | aftermath |

And of fleets, under the same numbers:

| | invariant | looked at |
| --- | --- | --- |
| I3 | one run, one ending a transition, in time; what is selected is there, or named and why | aftermath |
| I3 | what was switched by hand is brought back where that is enforced, or told of | play |
| I4 | the next transition is armed before the present one is acted on | observer |
| I5 | each fleet has exactly one schedule, for its next transition; no other schedule is left | both |
| I6, I8 | each entry is on the bus, always the same under its sequence; the chain holds | aftermath |
| I7 | groups are remembered as they were, and get exactly that back; nothing turns round on its way | both |
| I7 | of what has another type than its own that is remembered; when it has stopped it has its own | both |
| I9 | nothing changes that is not selected, not yet, or only observed; no member stops singly | observer |
| I10 | no item or history comes near its limit | aftermath |

And of findings:

| | invariant | looked at |
| --- | --- | --- |
| I3 | each episode has one ending; what is told to be put right is so; the end is an allowed one | both |
| I4 | a write follows its record, whose configuration is that of the resource at that moment | observer |
| I5 | one fix an episode, made by one execution after the other; nothing is left under way | both |
| I6, I8 | bus and timeline say the same under the same sequence; the chain holds | aftermath |
| I7 | what is told to be undone, or untouched, is as it was before, field by field | observer |
| I9 | nothing changes that is not entrusted, or excepted; only the fix and its undo write | observer |
| I10 | no item or history comes near its limit | aftermath |

`python -m tests.simulation` tries all points, `--case … --ending … --call … --trouble …` one of them again.
"""
