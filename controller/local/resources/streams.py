"""Firehose delivery streams and Step Functions state machines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from controller.local.resources.api import Api
from controller.local.resources.handler import Made, ResourceFailed, Scope
from controller.local.resources.naming import name_of
from controller.local.resources.shapes import reflect
from controller.local.resources.tagging import Tagging, live_tags, wanted_tags

S3_DESTINATION = "ExtendedS3DestinationConfiguration"  # the only destination the lake uses
ENCRYPTION = "DeliveryStreamEncryptionConfigurationInput"
STREAM_TAGS = Tagging(
    "tag_delivery_stream", "untag_delivery_stream", "list_tags_for_delivery_stream", "DeliveryStreamName"
)
MACHINE_TAGS = Tagging(
    "tag_resource", "untag_resource", "list_tags_for_resource", "resourceArn", "tags", "tagKeys", "tags", "key", "value"
)
DEFINITIONS = {"Definition", "DefinitionString", "DefinitionS3Location", "DefinitionSubstitutions"}


class DeliveryStream:
    type = "AWS::KinesisFirehose::DeliveryStream"
    known = ("DeliveryStreamName", "DeliveryStreamType", S3_DESTINATION, ENCRYPTION, "Tags")

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        if unknown := sorted(properties.keys() - set(self.known)):
            raise ResourceFailed(f"property that the embedded AWS cannot make: {', '.join(unknown)} of {self.type}")
        api, name = Api(scope, "firehose"), name_of(scope, properties, "DeliveryStreamName", 64)
        tags = STREAM_TAGS.form(wanted_tags(scope, properties))
        words = {key: value for key, value in properties.items() if key != "Tags"}
        api.make(name, "create_delivery_stream", words, DeliveryStreamName=name, **({"Tags": tags} if tags else {}))
        return self._made(api, name)

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "firehose")
        live = self._live(api, physical_id)
        if live is None:
            return None
        destination = live["Destinations"][0].get("ExtendedS3DestinationDescription", {})
        encryption = live.get("DeliveryStreamEncryptionConfiguration", {})
        there = {**live, S3_DESTINATION: destination, ENCRYPTION: encryption}
        answer = reflect({key: value for key, value in properties.items() if key != "Tags"}, there)
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, STREAM_TAGS.live(api, physical_id))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "firehose")
        if before.get(S3_DESTINATION) != after.get(S3_DESTINATION):
            live = self._live(api, physical_id) or {}
            api.call(
                "update_destination",
                DeliveryStreamName=physical_id,
                CurrentDeliveryStreamVersionId=live["VersionId"],
                DestinationId=live["Destinations"][0]["DestinationId"],
                ExtendedS3DestinationUpdate=after[S3_DESTINATION],
            )
        if before.get(ENCRYPTION) != after.get(ENCRYPTION):
            self._encrypt(api, physical_id, after.get(ENCRYPTION))
        STREAM_TAGS.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "firehose").drop("delete_delivery_stream", DeliveryStreamName=physical_id)

    def _encrypt(self, api: Api, name: str, wanted: Mapping[str, Any] | None) -> None:
        who = {"DeliveryStreamName": name}
        if wanted is None:
            api.call("stop_delivery_stream_encryption", **who)
        else:
            api.call("start_delivery_stream_encryption", **who, DeliveryStreamEncryptionConfigurationInput=wanted)

    def _live(self, api: Api, name: str) -> dict[str, Any] | None:
        found = api.find("describe_delivery_stream", DeliveryStreamName=name)
        return None if found is None else dict(found["DeliveryStreamDescription"])

    def _made(self, api: Api, name: str) -> Made:
        return Made(name, {"Arn": api.arn(f"deliverystream/{name}")})


class StateMachine:
    type = "AWS::StepFunctions::StateMachine"

    def create(self, scope: Scope, properties: Mapping[str, Any]) -> Made:
        api, name = Api(scope, "stepfunctions"), name_of(scope, properties, "StateMachineName", 80)
        tags = MACHINE_TAGS.form(wanted_tags(scope, properties))
        words = {**self._words(scope, properties), "type": properties.get("StateMachineType", "STANDARD")}
        made = api.make(name, "create_state_machine", words, name=name, tags=tags)
        return self._made(api, made["stateMachineArn"])

    def read(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> Mapping[str, Any] | None:
        api = Api(scope, "stepfunctions")
        found = api.find("describe_state_machine", stateMachineArn=physical_id)
        if found is None:
            return None
        live = {**found, "StateMachineName": found["name"], "StateMachineType": found["type"]}
        answer = reflect({key: value for key, value in properties.items() if key not in {"Tags", *DEFINITIONS}}, live)
        if "DefinitionString" in properties:
            wanted = self._definition(scope, properties)
            same = json.loads(found["definition"]) == json.loads(wanted)
            answer["DefinitionString"] = properties["DefinitionString"] if same else found["definition"]
        if "Tags" in properties:
            answer["Tags"] = live_tags(scope, properties, MACHINE_TAGS.live(api, physical_id))
        return {**answer}

    def update(self, scope: Scope, physical_id: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Made:
        api = Api(scope, "stepfunctions")
        api.call("update_state_machine", self._words(scope, after), stateMachineArn=physical_id)
        MACHINE_TAGS.replace(api, physical_id, wanted_tags(scope, before), wanted_tags(scope, after))
        return self._made(api, physical_id)

    def delete(self, scope: Scope, physical_id: str, properties: Mapping[str, Any]) -> None:
        Api(scope, "stepfunctions").drop("delete_state_machine", stateMachineArn=physical_id)

    def _words(self, scope: Scope, properties: Mapping[str, Any]) -> dict[str, Any]:
        hidden = {"Tags", "StateMachineName", "StateMachineType", *DEFINITIONS}
        kept = {key: value for key, value in properties.items() if key not in hidden}
        return {**kept, "definition": self._definition(scope, properties)}

    def _definition(self, scope: Scope, properties: Mapping[str, Any]) -> str:
        """The machine as text, from wherever the template has it, with `${name}` filled in."""
        text = str(properties.get("DefinitionString") or json.dumps(properties.get("Definition")))
        if place := properties.get("DefinitionS3Location"):
            version = {"VersionId": place["Version"]} if "Version" in place else {}
            found = Api(scope, "s3").call("get_object", Bucket=place["Bucket"], Key=place["Key"], **version)
            text = found["Body"].read().decode()
        for name, value in properties.get("DefinitionSubstitutions", {}).items():
            text = text.replace("${" + name + "}", value if isinstance(value, str) else json.dumps(value))
        return text

    def _made(self, api: Api, arn: str) -> Made:
        found = api.call("describe_state_machine", stateMachineArn=arn)
        revision = found.get("revisionId", "INITIAL")
        return Made(arn, {"Arn": arn, "Name": found["name"], "StateMachineRevisionId": revision})


HANDLERS = (DeliveryStream(), StateMachine())
