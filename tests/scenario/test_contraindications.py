"""A strategy that does not suit a service: said in registration and plan, refused, and run for a reason."""

from tests.scenario.world import Story, World

BLUE_GREEN = {"preset": "blue-green", "bake": "5m"}


def test_what_does_not_suit_is_told_refused_and_run_for_a_reason(world: World) -> None:
    service = world.service(size=1)
    facts = {"singleton_leader": True}
    guards = {"alarms": [service.alarm], "min_healthy_percent": 0}
    told = world.api().request(
        "PUT", f"/services/{service.name}", service.spec(strategy=BLUE_GREEN, facts=facts, guards=guards)
    )
    assert told.status == 201
    assert any("two leaders would run at once" in warning for warning in told.body["warnings"])
    wanted = {"version": service.images["v2"]}
    plan = world.api("viewer").request("POST", f"/services/{service.name}/plan", wanted).body
    assert plan["safest"] == "all-at-once"  # of one instance, which also rules rolling out
    assert "blue-green" in {one["preset"] for one in plan["unsuitable"]}
    read = world.api("viewer").request("GET", f"/services/{service.name}").body
    for registered in (told.body, read):
        assert (registered["safest"], registered["unsuitable"]) == (plan["safest"], plan["unsuitable"])
    refused = world.api("deployer").request("POST", f"/services/{service.name}/rollouts", wanted)
    assert (refused.status, refused.body["violations"][0]["field"]) == (422, "strategy")
    body = {**wanted, "override": "the leader is elected elsewhere now"}
    started = world.api("deployer").request("POST", f"/services/{service.name}/rollouts", body)
    assert started.status == 202
    story = Story(world, service.name, started.body["rollout_id"])
    why = [event for event in story.timeline() if event["type"] == "Contraindications Overridden"]
    assert [event["reason"] for event in why] == ["the leader is elected elsewhere now"]
    assert story.ask("abort").status == 202
    assert story.until_ended()["phase"] in ("aborted", "cancelled")


def test_a_volume_with_data_is_found(world: World) -> None:
    service = world.service(size=1)
    world.register(service)
    image = service.images["v1"]
    disks = [
        {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8, "DeleteOnTermination": True}},
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 100, "DeleteOnTermination": False}},
    ]
    world.aws("ec2").create_launch_template_version(
        LaunchTemplateId=service.template,
        SourceVersion="1",
        LaunchTemplateData={"ImageId": image, "BlockDeviceMappings": disks},
    )
    world.aws("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=service.groups[0],
        LaunchTemplate={"LaunchTemplateId": service.template, "Version": "2"},
    )
    wanted = {"version": service.images["v2"], "strategy": BLUE_GREEN}
    plan = world.api("viewer").request("POST", f"/services/{service.name}/plan", wanted).body
    reasons = {one["preset"]: one["reasons"] for one in plan["unsuitable"]}
    assert reasons["blue-green"] == [
        f"volume /dev/sdf of {service.groups[0]}: its data would not be in the second group"
    ]


def test_a_database_cluster_that_cannot_be_doubled_is_found(world: World) -> None:
    service = world.service(size=2)
    facts = {"database_cluster": f"{service.name}-db"}
    missing = world.api().request("PUT", f"/services/{service.name}", service.spec(facts=facts))
    assert (missing.status, missing.body["violations"][0]["field"]) == (422, "facts.database_cluster")
    world.aws("rds").create_db_cluster(
        DBClusterIdentifier=f"{service.name}-db",
        Engine="aurora-postgresql",
        EngineVersion="13.7",
        MasterUsername="orders",
        MasterUserPassword="not-a-secret",  # noqa: S106 - of nothing
    )
    world.register(service, facts=facts)
    wanted = {"version": service.images["v2"]}
    plan = world.api("viewer").request("POST", f"/services/{service.name}/plan", wanted).body
    reasons = {one["preset"]: one["reasons"] for one in plan["unsuitable"]}
    why = f"database cluster {service.name}-db (aurora-postgresql 13.7) is older than the first"
    assert reasons["blue-green"][0].startswith(why)
    assert "canary" not in reasons
