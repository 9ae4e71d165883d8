"""Rule `BaselineKeptConfigRule` of AWS Config: it asks how resources compare with the baselines of their
types."""

from signalbox.compliance.commands.config_invocation import Invocation, config_invocation
from signalbox.compliance.commands.evaluate_baselines import evaluate_baselines
from signalbox.entrypoint import listener
from signalbox.wiring import compliance_ports


@listener(config_invocation)
def handler(asked: Invocation) -> str:
    """Config gets its answer by a call, not by what is returned."""
    return evaluate_baselines(asked, compliance_ports())
