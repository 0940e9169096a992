"""Topics, subscriptions and queues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api, Taken
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import parsed, reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

DEFAULT_POLICY = "__default_policy_ID"  # the Id of the policy that SNS itself gives a topic
TOPIC_TAGS = Tagging("tag_resource", "untag_resource", "list_tags_for_resource", "ResourceArn")
QUEUE_TAGS = Tagging("tag_queue", "untag_queue", "list_queue_tags", "QueueUrl", key="")
TOPIC_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
SUBSCRIPTION_ATTRIBUTES = ("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")
QUEUE_ATTRIBUTES = (
    "ContentBasedDeduplication", "DeduplicationScope", "DelaySeconds", "FifoQueue", "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds", "KmsMasterKeyId", "MaximumMessageSize", "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds", "RedriveAllowPolicy", "RedrivePolicy", "SqsManagedSseEnabled", "VisibilityTimeout",
)  # fmt: skip


def attributes(properties: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """Both services keep attributes as text: `true`, `60`, a policy as JSON."""
    return {name: properties[name] for name in names if name in properties}


def _refuse_unknown(type_name: str, properties: Mapping[str, Any], known: tuple[str, ...]) -> None:
    if unknown := sorted(properties.keys() - set(known)):
        raise ResourceFailed(f"property that the embedded AWS cannot make: {', '.join(unknown)} of {type_name}")


class Topic:
    type = "AWS::SNS::Topic"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        _refuse_unknown(self.type, properties, (*TOPIC_ATTRIBUTES, "TopicName", "Subscription", "Tags"))
        api, name = Api(scope, "sns"), name_of(scope, properties, "TopicName", 256)
        made = {"Attributes": attributes(properties, TOPIC_ATTRIBUTES)}
        tags = TOPIC_TAGS.form(wanted_tags(scope, properties))
        if api.find("get_topic_attributes", TopicArn=api.arn(name)) is not None:  # CreateTopic would answer the old one
            raise Taken(f"{name} already exists")
        arn = str(api.call("create_topic", made, Name=name, Tags=tags)["TopicArn"])
        self._subscribe(api, arn, properties)
        return Made(arn, {"TopicArn": arn, "TopicName": name})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "sns")
        found = api.find("get_topic_attributes", TopicArn=physical_id)
        if found is None:
            return None
        live = {"DisplayName": "", "KmsMasterKeyId": "", **found["Attributes"], "TopicName": physical_id.split(":")[-1]}
        live["Subscription"] = api.call("list_subscriptions_by_topic", TopicArn=physical_id)["Subscriptions"]
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, live)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, TOPIC_TAGS.live(api, physical_id))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        _refuse_unknown(self.type, after, (*TOPIC_ATTRIBUTES, "TopicName", "Subscription", "Tags"))
        api = Api(scope, "sns")
        for name in TOPIC_ATTRIBUTES:
            if before.get(name) != after.get(name):
                value = after.get(name, "")
                api.call("set_topic_attributes", TopicArn=physical_id, AttributeName=name, AttributeValue=value)
        if before.get("Subscription") != after.get("Subscription"):
            self._subscribe(api, physical_id, after, before)
        TOPIC_TAGS.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return Made(physical_id, {"TopicArn": physical_id, "TopicName": physical_id.split(":")[-1]})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "sns").drop("delete_topic", TopicArn=physical_id)

    def _subscribe(self, api: Api, arn: str, after: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> None:
        old = {(item["Protocol"], item["Endpoint"]) for item in (before or {}).get("Subscription", ())}
        new = {(item["Protocol"], item["Endpoint"]) for item in after.get("Subscription", ())}
        there = api.call("list_subscriptions_by_topic", TopicArn=arn)["Subscriptions"]
        for item in there:
            if (item["Protocol"], item["Endpoint"]) in old - new:
                api.drop("unsubscribe", SubscriptionArn=item["SubscriptionArn"])
        for protocol, endpoint in sorted(new - old):
            api.call("subscribe", TopicArn=arn, Protocol=protocol, Endpoint=endpoint)


class Subscription:
    type = "AWS::SNS::Subscription"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api = Api(scope, "sns")
        made = {"Attributes": attributes(properties, SUBSCRIPTION_ATTRIBUTES)}
        arn = api.call("subscribe", {**properties, **made})["SubscriptionArn"]
        return Made(arn, {"Arn": arn})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = Api(scope, "sns").find("get_subscription_attributes", SubscriptionArn=physical_id)
        return None if found is None else {**reflect(properties, found["Attributes"])}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "sns")
        for name in SUBSCRIPTION_ATTRIBUTES:
            if before.get(name) != after.get(name):
                words = {"AttributeName": name, "AttributeValue": after.get(name, "")}
                api.call("set_subscription_attributes", words, SubscriptionArn=physical_id)
        return Made(physical_id, {"Arn": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "sns").drop("unsubscribe", SubscriptionArn=physical_id)


class Queue:
    type = "AWS::SQS::Queue"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        _refuse_unknown(self.type, properties, (*QUEUE_ATTRIBUTES, "QueueName", "Tags"))
        api, name = Api(scope, "sqs"), name_of(scope, properties, "QueueName", 80)
        made = {"Attributes": attributes(properties, QUEUE_ATTRIBUTES), "tags": wanted_tags(scope, properties)}
        if api.find("get_queue_url", QueueName=name) is not None:  # CreateQueue would answer the old one
            raise Taken(f"{name} already exists")
        return self._made(api, str(api.call("create_queue", made, QueueName=name)["QueueUrl"]))

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "sqs")
        found = api.find("get_queue_attributes", QueueUrl=physical_id, AttributeNames=["All"])
        if found is None:
            return None
        unset = {"KmsMasterKeyId": "", "RedrivePolicy": {}}
        live = {**unset, **found["Attributes"], "QueueName": physical_id.rsplit("/", 1)[-1]}
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, live)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, QUEUE_TAGS.live(api, physical_id))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        _refuse_unknown(self.type, after, (*QUEUE_ATTRIBUTES, "QueueName", "Tags"))
        api = Api(scope, "sqs")
        old, new = attributes(before, QUEUE_ATTRIBUTES), attributes(after, QUEUE_ATTRIBUTES)
        changed = {name: new.get(name, "") for name in {*old, *new} if old.get(name) != new.get(name)}
        if changed:
            api.call("set_queue_attributes", {"Attributes": changed}, QueueUrl=physical_id)
        QUEUE_TAGS.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "sqs").drop("delete_queue", QueueUrl=physical_id)

    def _made(self, api: Api, url: str) -> Made:
        name = url.rsplit("/", 1)[-1]
        return Made(url, {"Arn": api.arn(name), "QueueName": name, "QueueUrl": url})


class AttachedPolicy:
    """A policy document put on each of several topics or queues; the service has one slot for it on each."""

    def __init__(self, type_name: str, service: str, field: str, write: str, read: str, target: str) -> None:
        self.type = type_name
        self.service = service
        self.field = field
        self.write = write
        self.reader = read
        self.target = target

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        self._put(Api(scope, self.service), properties[self.field], properties["PolicyDocument"])
        own = name_of(scope, {}, "")
        return Made(own, {"Id": own})

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, self.service)
        there = [self._policy(api, target) for target in properties[self.field]]
        if not any(there):
            return None
        foreign = next((policy for policy in there if policy != properties["PolicyDocument"]), there[0])
        return {**properties, "PolicyDocument": foreign}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, self.service)
        gone = [target for target in before[self.field] if target not in after[self.field]]
        self._put(api, gone, None)
        self._put(api, after[self.field], after["PolicyDocument"])
        return Made(physical_id, {"Id": physical_id})

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        self._put(Api(scope, self.service), properties[self.field], None)

    def _policy(self, api: Api, target: str) -> Any:
        """The document in the slot; None where there is nothing but the service's own default."""
        words = {"AttributeNames": ["Policy"]} if self.service == "sqs" else {}
        found = api.find(self.reader, **{self.target: target}, **words) or {}
        policy = parsed(found.get("Attributes", {}).get("Policy") or "null")
        return None if policy and policy.get("Id") == DEFAULT_POLICY else policy

    def _put(self, api: Api, targets: list[str], document: Any) -> None:
        for target in targets:
            if document is None and api.find(self.reader, **{self.target: target}) is None:
                continue
            if self.service == "sqs":
                words: dict[str, Any] = {"Attributes": {"Policy": "" if document is None else document}}
            else:
                words = {"AttributeName": "Policy", "AttributeValue": document or _of_owner(api, target)}
            api.call(self.write, words, **{self.target: target})


def _of_owner(api: Api, topic: str) -> dict[str, Any]:
    """What a topic falls back to: its owner may do everything (SNS developer guide, default access policy)."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes", "SNS:SetTopicAttributes"],
        "Resource": topic,
        "Condition": {"StringEquals": {"AWS:SourceOwner": api.scope.account}},
    }
    return {"Version": "2008-10-17", "Id": DEFAULT_POLICY, "Statement": [statement]}


HANDLERS = (
    Subscription(),
    Topic(),
    AttachedPolicy(
        "AWS::SNS::TopicPolicy", "sns", "Topics", "set_topic_attributes", "get_topic_attributes", "TopicArn"
    ),
    Queue(),
    AttachedPolicy(
        "AWS::SQS::QueuePolicy", "sqs", "Queues", "set_queue_attributes", "get_queue_attributes", "QueueUrl"
    ),
)
