"""Seams of Auto Scaling, EC2 and load balancing: groups and targets that live."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, InstanceState
from moto.autoscaling.responses import AutoScalingResponse
from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
from moto.ec2.responses import EC2Response
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.elbv2.models import ELBv2Backend, FakeAction, FakeTargetGroup
from moto.elbv2.responses import ELBV2Response

from signalbox_local.estate import (
    Estate,
    belongings,
    capacity,
    hook_requests,
    launch_templates,
    requests,
    routing,
)
from signalbox_local.estate.targets import Targets, backend_of, find_group
from signalbox_local.moto_seams.seams import Seams, given_first, with_first


def estate_life(seams: Seams, estate: Estate) -> None:
    """Groups and targets live by the estate's rounds, and are refused what AWS refuses."""
    _one_request_at_a_time(seams, estate)
    _groups(seams, estate)
    _group_members(seams, estate)
    _lifecycle_hooks(seams, estate)
    _belongings(seams)
    _targets(seams, estate)
    _routing(seams)
    _launch_template_versions(seams)


def _one_request_at_a_time(seams: Seams, estate: Estate) -> None:
    # moto has no locks; the estate changes the same records from its own thread.
    def locked(original: Callable[..., Any]) -> Callable[..., Any]:
        def call_action(self: Any) -> Any:
            with estate.lock:
                return original(self)

        return call_action

    for response in (AutoScalingResponse, ELBV2Response, EC2Response):
        seams.wrap(response, "call_action", locked)


def _groups(seams: Seams, estate: Estate) -> None:
    # moto answers a group that does not exist with HTTP 500.
    def knowing(original: Callable[..., None]) -> Callable[..., None]:
        def initialise(self: AutoScalingBackend, *args: Any, **given: Any) -> None:
            original(self, *args, **given)
            self.autoscaling_groups = capacity.KnownGroups()

        return initialise

    # moto takes a launch template version that does not exist until it launches.
    def complete(original: Callable[..., None]) -> Callable[..., None]:
        def set_launch_configuration(self: FakeAutoScalingGroup, *args: Any, **given: Any) -> None:
            original(self, *args, **given)
            capacity.check_launch_template(self)

        return set_launch_configuration

    # moto takes desired > max and a name twice, and launches and terminates inside of the request.
    seams.wrap(AutoScalingBackend, "__init__", knowing)
    seams.wrap(FakeAutoScalingGroup, "_set_launch_configuration", complete)
    seams.replace(FakeAutoScalingGroup, "set_desired_capacity", requests.record_desired)
    seams.wrap(AutoScalingBackend, "create_auto_scaling_group", given_first(requests.create_group))
    seams.wrap(AutoScalingBackend, "update_auto_scaling_group", given_first(requests.update_group))
    seams.replace(AutoScalingBackend, "set_desired_capacity", requests.set_desired_capacity)
    # moto ignores ForceDelete and lists no activities.
    seams.replace(AutoScalingResponse, "delete_auto_scaling_group", with_first(estate, requests.delete_group))
    seams.replace(
        AutoScalingResponse, "describe_scaling_activities", with_first(estate, requests.describe_activities)
    )


def _group_members(seams: Seams, estate: Estate) -> None:
    # moto replaces a terminated member at once and without events; here its health check finds it.
    seams.replace(AutoScalingBackend, "notify_terminate_instances", lambda self, instance_ids: None)
    seams.replace(AutoScalingBackend, "terminate_instance", with_first(estate, requests.terminate_instance))
    seams.wrap(
        AutoScalingBackend,
        "detach_instances",
        given_first(functools.partial(requests.detach_instances, estate)),
    )
    # moto ignores the grace period.
    seams.replace(
        AutoScalingResponse, "set_instance_health", with_first(estate, requests.set_instance_health)
    )
    # moto registers instances that have not booted, and leaves targets behind on detach.
    seams.replace(
        AutoScalingBackend,
        "update_attached_target_groups",
        lambda self, group_name: estate.groups.register(self.autoscaling_groups[group_name]),
    )
    seams.replace(
        AutoScalingBackend,
        "attach_load_balancer_target_groups",
        with_first(estate, requests.attach_target_groups),
    )
    seams.replace(
        AutoScalingBackend,
        "detach_load_balancer_target_groups",
        with_first(estate, requests.detach_target_groups),
    )
    # moto shows the template's default version on every instance.
    original = vars(InstanceState)["launch_template"].fget
    seams.replace(
        InstanceState,
        "launch_template",
        property(lambda self: requests.launch_template_of(estate, original(self), self)),
    )


def _lifecycle_hooks(seams: Seams, estate: Estate) -> None:
    # moto keeps hooks, with made-up targets, and nobody waits for them.
    seams.wrap(
        AutoScalingResponse,
        "create_auto_scaling_group",
        given_first(hook_requests.create_group_with_hooks),
    )
    seams.replace(AutoScalingResponse, "put_lifecycle_hook", hook_requests.put_hook)
    seams.wrap(
        AutoScalingResponse,
        "delete_lifecycle_hook",
        given_first(functools.partial(hook_requests.delete_hook, estate)),
    )
    for name, function in {
        "complete_lifecycle_action": hook_requests.complete_action,
        "record_lifecycle_action_heartbeat": hook_requests.record_heartbeat,
    }.items():
        seams.replace(AutoScalingResponse, name, with_first(estate, function))


def _belongings(seams: Seams) -> None:
    # moto knows policies and scheduled actions by name alone, whatever their group, and takes past moments.
    seams.wrap(AutoScalingBackend, "put_scaling_policy", given_first(belongings.put_policy))
    seams.wrap(AutoScalingBackend, "put_scheduled_update_group_action", given_first(belongings.put_action))
    seams.replace(AutoScalingBackend, "delete_scheduled_action", belongings.delete_action)
    seams.replace(AutoScalingResponse, "delete_policy", belongings.delete_policy)
    seams.replace(AutoScalingResponse, "execute_policy", belongings.execute_policy)
    # moto answers a warm pool of a group that does not exist with HTTP 500.
    seams.replace(AutoScalingBackend, "describe_warm_pool", belongings.warm_pool)
    seams.replace(AutoScalingBackend, "delete_warm_pool", belongings.delete_warm_pool)


def _targets(seams: Seams, estate: Estate) -> None:
    # moto's targets are healthy at once, drain never, and may be instances that do not exist.
    targets = estate.targets
    seams.replace(FakeTargetGroup, "register", with_first(targets, Targets.register))
    seams.replace(FakeTargetGroup, "deregister", with_first(targets, Targets.deregister_all))
    seams.replace(FakeTargetGroup, "deregister_terminated_instances", with_first(targets, Targets.deregister))
    seams.replace(
        ELBv2Backend,
        "describe_target_health",
        lambda self, arn, asked: targets.describe(find_group(self, arn), asked),
    )
    # moto keeps the first load balancers of a target group for ever and misses later ones.
    in_use = property(
        lambda self: routing.load_balancers_of(backend_of(self), self.arn), lambda self, stored: None
    )
    seams.replace(FakeTargetGroup, "load_balancer_arns", in_use)


def _routing(seams: Seams) -> None:
    # moto gives a forward back in the form in which it came; AWS gives both forms.
    def completed(original: Callable[..., None]) -> Callable[..., None]:
        def initialise(self: FakeAction, data: dict[str, Any]) -> None:
            routing.complete_forward(data)
            original(self, data)

        return initialise

    # moto takes any weight.
    def weighed(original: Callable[..., None]) -> Callable[..., None]:
        def validate_actions(self: ELBv2Backend, actions: list[FakeAction]) -> None:
            original(self, actions)
            routing.check_weights(actions)

        return validate_actions

    # moto changes and deletes default rules.
    def unless_default(original: Callable[..., Any]) -> Callable[..., Any]:
        def change(self: ELBv2Backend, *args: Any, **given: Any) -> Any:
            routing.check_not_default(self, args[0] if args else given["rule_arn"])
            return original(self, *args, **given)

        return change

    # moto does not check the actions of a listener that is modified.
    def validated(original: Callable[..., Any]) -> Callable[..., Any]:
        def modify_listener(self: ELBv2Backend, *args: Any) -> Any:
            self._validate_actions([FakeAction(action) for action in args[-1]])
            return original(self, *args)

        return modify_listener

    seams.wrap(FakeAction, "__init__", completed)
    seams.wrap(ELBv2Backend, "_validate_actions", weighed)
    seams.wrap(ELBv2Backend, "modify_rule", unless_default)
    seams.wrap(ELBv2Backend, "delete_rule", unless_default)
    seams.wrap(ELBv2Backend, "modify_listener", validated)


def _launch_template_versions(seams: Seams) -> None:
    # moto finds versions by their place in a list, ignores SourceVersion and cannot delete one.
    seams.replace(LaunchTemplate, "create_version", launch_templates.create_version)
    seams.replace(LaunchTemplate, "get_version", launch_templates.get_version)
    seams.replace(
        LaunchTemplate, "default_version", lambda self: launch_templates.get_version(self, "$Default")
    )
    for name in ("create_launch_template_version", "delete_launch_template_versions"):
        seams.replace(LaunchTemplates, name, getattr(launch_templates, name))

    # moto gives 15 versions and no token for the rest; MinVersion and MaxVersion are places in a list to it.
    def numbered(original: Callable[..., Any]) -> Callable[..., Any]:
        def describe(self: LaunchTemplateBackend, **given: Any) -> Any:
            lowest, highest = given.pop("min_version") or 1, given.pop("max_version") or math.inf
            page = max(given.pop("max_results"), launch_templates.PAGE)
            found = original(self, **given, min_version=None, max_version=None, max_results=None)
            return [each for each in found if lowest <= each[1].number <= highest][:page]

        return describe

    seams.wrap(LaunchTemplateBackend, "describe_launch_template_versions", numbered)
