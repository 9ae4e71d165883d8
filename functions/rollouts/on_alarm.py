"""Rule `AlarmRule`: a CloudWatch alarm went off."""

from signalbox.entrypoint import listener
from signalbox.rollouts.commands.alarm_event import alarm_raised
from signalbox.rollouts.commands.on_alarm import AlarmRaised, on_alarm
from signalbox.wiring import alarm_ports


@listener(alarm_raised)
def handler(event: AlarmRaised) -> int:
    """Throw back every rollout that the alarm watches."""
    return on_alarm(event, alarm_ports())
