"""The table, the bucket, the parameters and outputs of template.yaml after both transforms."""

from __future__ import annotations

import re
from typing import Final

import pytest

from installs import model
from installs.store import items, keys
from tests.template import (
    REGION,
    STACK,
    Json,
    of_type,
    properties,
    resource_name,
    transformed,
)


def test_the_table_is_as_the_store_expects_it(resources: Json) -> None:
    ((_, table),) = of_type(resources, "AWS::DynamoDB::Table").items()

    def schema(index: keys.Index) -> Json:
        return {
            "IndexName": index.name,
            "KeySchema": [
                {"AttributeName": index.partition, "KeyType": "HASH"},
                {"AttributeName": index.sort, "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }

    indexes = (*keys.INDEXES, keys.BY_PENDING)
    attributes = {keys.PK, keys.SK} | {a for i in indexes for a in (i.partition, i.sort)}
    assert table["GlobalSecondaryIndexes"] == [schema(index) for index in indexes]
    assert table["KeySchema"] == [
        {"AttributeName": keys.PK, "KeyType": "HASH"},
        {"AttributeName": keys.SK, "KeyType": "RANGE"},
    ]
    assert {a["AttributeName"] for a in table["AttributeDefinitions"]} == attributes
    assert {a["AttributeType"] for a in table["AttributeDefinitions"]} == {"S"}
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": items.PURGE_AT, "Enabled": True}


def test_the_table_is_on_demand_encrypted_and_can_be_brought_back(resources: Json) -> None:
    table = properties(resources, "InstallsTable")

    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSESpecification"] == {"SSEEnabled": True}
    recovery = table["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    assert "TableName" not in table


@pytest.mark.parametrize(("stage", "kept"), [("dev", False), ("staging", False), ("prod", True)])
def test_in_prod_alone_the_data_outlives_the_stack(stage: str, kept: bool) -> None:
    resources = transformed(stage)["Resources"]
    policy = "Retain" if kept else "Delete"

    for name in (
        "InstallsTable", "ParkingBucket", "ParkingBucketPolicy", "UnpublishedBucket",
        "UnpublishedBucketPolicy", "EventBus",
    ):  # fmt: skip
        assert resources[name]["DeletionPolicy"] == policy
        assert resources[name]["UpdateReplacePolicy"] == policy
    assert properties(resources, "InstallsTable")["DeletionProtectionEnabled"] is kept


BUCKETS: Final = ("ParkingBucket", "UnpublishedBucket")


def test_every_bucket_is_here(resources: Json) -> None:
    assert of_type(resources, "AWS::S3::Bucket").keys() == set(BUCKETS)


@pytest.mark.parametrize("name", BUCKETS)
def test_parked_records_are_encrypted_private_and_expire(resources: Json, name: str) -> None:
    bucket = properties(resources, name)

    assert "BucketName" not in bucket
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["ExpirationInDays"] == "180"


@pytest.mark.parametrize("name", BUCKETS)
def test_parked_records_travel_over_tls_alone(resources: Json, name: str) -> None:
    policy = properties(resources, f"{name}Policy")

    (statement,) = policy["PolicyDocument"]["Statement"]

    assert policy["Bucket"] == {"Ref": name}
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert [resource_name(r) for r in statement["Resource"]] == [
        f"{name}.Arn",
        f"${{{name}.Arn}}/*",
    ]


def test_only_log_groups_have_names_and_those_hold_the_stacks(resources: Json) -> None:
    names = {
        name: r["Properties"][key]
        for name, r in resources.items()
        for key in ("TableName", "BucketName", "RoleName", "FunctionName", "LogGroupName")
        if key in r["Properties"] and r["Type"].split("::")[-1] + "Name" == key
    }

    assert names.keys() == of_type(resources, "AWS::Logs::LogGroup").keys()
    assert all(f"/{STACK}" in name for name in names.values())


def test_the_parameters_are_described_and_bounded(template: Json) -> None:
    parameters = template["Parameters"]

    for parameter in parameters.values():
        assert parameter["Description"]
        bounds = {"AllowedValues", "AllowedPattern", "MinValue"}
        assert parameter.keys() & bounds
    assert parameters["DefaultRetentionTier"]["AllowedValues"] == list(model.RetentionTier)
    required = {name for name, p in parameters.items() if "Default" not in p}
    assert required == {"Stage", "Issuer", "Audience", "Jwks"}


@pytest.mark.parametrize(
    ("jwks", "passes"),
    [
        ("https://issuer.example/.well-known/jwks.json", True),
        ("http://issuer.example/jwks.json", False),
        ('{"keys": [{"kty": "OKP"}]}', True),
        ('\n{\n  "keys": []\n}\n', True),
        ("", False),
        ("issuer.example", False),
        ("{}", False),
        ("https://issuer.example/a b", False),
    ],
)
def test_the_keys_are_a_url_or_a_set(template: Json, jwks: str, passes: bool) -> None:
    pattern = template["Parameters"]["Jwks"]["AllowedPattern"]

    assert bool(re.fullmatch(pattern, jwks)) is passes


def test_the_outputs_lead_to_the_list(template: Json) -> None:
    outputs = template["Outputs"]

    assert outputs.keys() >= {"ApiUrl", "TableName", "DeadLetterBucketName", "CascadeFunctionName"}
    url = f"https://${{Api}}.execute-api.{REGION}.amazonaws.com/dev"
    assert outputs["ApiUrl"]["Value"] == {"Fn::Sub": url}
